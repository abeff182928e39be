/**
 * What waits to be sent: of things in the same lane one at a time, in the order in which they came, while those of other
 * lanes go past.
 */
export class Lanes<T> {
  readonly #laneOf: (one: T) => string
  readonly #waiting: T[] = []
  readonly #busy = new Set<string>()

  constructor(laneOf: (one: T) => string) {
    this.#laneOf = laneOf
  }

  get waiting(): number {
    return this.#waiting.length
  }

  add(one: T): void {
    this.#waiting.push(one)
  }

  /** The first whose lane is free, which it occupies until it is told `done`; undefined: none for now. */
  take(): T | undefined {
    const at = this.#waiting.findIndex((one) => !this.#busy.has(this.#laneOf(one)))
    const [one] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (one !== undefined) this.#busy.add(this.#laneOf(one))
    return one
  }

  done(one: T): void {
    this.#busy.delete(this.#laneOf(one))
  }
}
