export interface Options {
  readers: number
  years: number
  kills: number
  seed: number
}

/** What went wrong with the arguments, in one line for the person who typed them. */
export class BadArguments extends Error {
  override name = 'BadArguments'
}

interface Range {
  standard: number
  lowest: number
  highest: number
  whole: boolean
}

const ranges: Record<keyof Options, Range> = {
  readers: { standard: 200, lowest: 1, highest: 100_000, whole: true },
  years: { standard: 2, lowest: 0.1, highest: 20, whole: false },
  kills: { standard: 20, lowest: 0, highest: 10_000, whole: true },
  seed: { standard: 0, lowest: 0, highest: 2 ** 32 - 1, whole: true },
}

const usage = 'npm run simulate -- --readers N --years Y --kills K --seed S'

/**
 * Reads `--readers 200 --years=2 ...`. `seedUnlessGiven`: a whole number below 2^32. Throws BadArguments for an unknown
 * name, a value that is missing, given twice, no number or out of range.
 */
export function readOptions(words: readonly string[], seedUnlessGiven: number): Options {
  const given = new Map<keyof Options, number>()
  const rest = words.flatMap((word) => (word.startsWith('--') ? splitAtEquals(word) : [word]))
  for (let at = 0; at < rest.length; at += 2) {
    const name = nameOf(rest[at] ?? '')
    if (given.has(name)) throw new BadArguments(`--${name} is given twice. Use: ${usage}`)
    given.set(name, numberFor(name, rest[at + 1]))
  }
  return {
    readers: given.get('readers') ?? ranges.readers.standard,
    years: given.get('years') ?? ranges.years.standard,
    kills: given.get('kills') ?? ranges.kills.standard,
    seed: given.get('seed') ?? seedUnlessGiven,
  }
}

function splitAtEquals(word: string): string[] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)]
}

function nameOf(word: string): keyof Options {
  const name = word.replace(/^--/, '')
  if (word.startsWith('--') && Object.hasOwn(ranges, name)) return name as keyof Options
  throw new BadArguments(`"${word}" is not understood. Use: ${usage}`)
}

function numberFor(name: keyof Options, word: string | undefined): number {
  const { lowest, highest, whole } = ranges[name]
  const value = /^\d+(\.\d+)?$/.test(word ?? '') ? Number(word) : Number.NaN
  if (value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return value
  const kind = whole ? 'a whole number' : 'a number'
  throw new BadArguments(
    `--${name} must be ${kind} from ${lowest} to ${highest}${word === undefined ? ', and is missing' : `, not "${word}"`}. Use: ${usage}`,
  )
}
