/** Choices that a seed decides: the same seed makes the same ones. */
export interface Random {
  /** From 0 up to 1. */
  next: () => number
  chance: (probability: number) => boolean
  /** A whole number, both ends included. */
  between: (lowest: number, highest: number) => number
  /** One of them. Throws RangeError for none. */
  pick: <T>(from: readonly T[]) => T
  /** One of the keys, each as likely as its weight says. */
  weigh: <T extends string>(weights: Readonly<Record<T, number>>) => T
  /** Choices of their own for one part, so that what others draw does not change them. */
  fork: (name: string) => Random
}

export function openRandom(seed: number | string): Random {
  const next = generator(hash(String(seed)))
  const between = (lowest: number, highest: number) => lowest + Math.floor(next() * (highest - lowest + 1))
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new RangeError('there is nothing to pick from')
    return from[Math.floor(next() * from.length)] as T
  }
  return {
    next,
    chance: (probability) => next() < probability,
    between,
    pick,
    weigh: (weights) => weigh(weights, next()),
    fork: (name) => openRandom(`${seed}/${name}`),
  }
}

function weigh<T extends string>(weights: Readonly<Record<T, number>>, drawn: number): T {
  const names = Object.keys(weights) as T[]
  const total = names.reduce((sum, name) => sum + weights[name], 0)
  let left = drawn * total
  for (const name of names) {
    left -= weights[name]
    if (left < 0) return name
  }
  throw new RangeError('there is nothing to weigh')
}

/** A Weyl sequence through a mixing function: 2^32 steps before it repeats, which no run comes near. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    return mix(state) / 2 ** 32
  }
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return mix(value)
}
