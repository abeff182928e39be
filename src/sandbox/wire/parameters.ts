import { invalid } from './api-error.ts'
import type { Raw, RawMap } from './decode-form.ts'

/** Reads one parameter. `raw` is undefined where it was not sent; `at` is its name as `items[0][price]`. */
export interface Field<T> {
  read: (raw: Raw | undefined, at: string) => T
}
export type Fields = Record<string, Field<unknown>>
export type Values<F extends Fields> = { [Name in keyof F]: F[Name] extends Field<infer T> ? T : never }

/** Reads a whole set of parameters. Throws the API's 400 for the first that is unknown, missing or unreadable. */
export function readParameters<F extends Fields>(fields: F, raw: RawMap, at = ''): Values<F> {
  refuseUnknown(fields, raw, at)
  const entries = Object.entries(fields).map(([name, field]) => [name, field.read(raw[name], join(at, name))])
  return Object.fromEntries(entries)
}

function refuseUnknown(fields: Fields, raw: RawMap, at: string): void {
  const unknown = Object.keys(raw).filter((name) => !Object.hasOwn(fields, name))
  const [first] = unknown
  if (first === undefined) return
  const names = unknown.map((name) => join(at, name)).join(', ')
  const near = unknown.length === 1 ? nearest(first, Object.keys(fields)) : null
  throw invalid(
    `Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${names}${near ? `. Did you mean ${near}?` : ''}`,
    join(at, first),
    'parameter_unknown',
  )
}

function join(at: string, name: string): string {
  return at ? `${at}[${name}]` : name
}

/** The name that differs by fewest letters, if they are few; null otherwise. */
function nearest(name: string, names: string[]): string | null {
  const ranked = names.map((known) => ({ known, distance: distance(name, known) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= 3 ? best.known : null
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const substitute = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, substitute))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** A field that may be left out: undefined then. An empty value is refused, as it would unset what cannot be unset. */
function optional<T>(read: (raw: Raw, at: string) => T): Field<T | undefined> {
  return {
    read: (raw, at) => {
      if (raw === undefined) return undefined
      if (raw === '') throw emptyValue(at)
      return read(raw, at)
    },
  }
}

function emptyValue(at: string) {
  return invalid(
    `You passed an empty string for '${at}'. We assume empty values are an attempt to unset a parameter; however '${at}' cannot be unset. You should remove '${at}' from your request or supply a non-empty value.`,
    at,
    'parameter_invalid_empty',
  )
}

/** The same field, but leaving it out is refused. */
export function required<T>(field: Field<T | undefined>): Field<T> {
  return {
    read: (raw, at) => {
      const value = field.read(raw, at)
      if (value === undefined) throw invalid(`Missing required param: ${at}.`, at, 'parameter_missing')
      return value
    },
  }
}

/** The same field, where an empty value means null: unset it. */
export function clearable<T>(field: Field<T | undefined>): Field<T | null | undefined> {
  return { read: (raw, at) => (raw === '' ? null : field.read(raw, at)) }
}

/** The first of several readings that fits; the last one's refusal when none does. */
export function either<A, B>(first: Field<A>, second: Field<B>): Field<A | B> {
  return {
    read: (raw, at) => {
      try {
        return first.read(raw, at)
      } catch {
        return second.read(raw, at)
      }
    },
  }
}

export function text(max = 5000): Field<string | undefined> {
  return optional((raw, at) => {
    if (typeof raw !== 'string') throw invalid(`Invalid string: ${JSON.stringify(raw)}`, at)
    if (raw.length > max) {
      throw invalid(
        `Invalid string: ${raw.slice(0, 20)}...; must be at most ${max} characters`,
        at,
        'parameter_invalid_string',
      )
    }
    return raw
  })
}

export function integer(min = Number.MIN_SAFE_INTEGER, max = 99_999_999_999): Field<number | undefined> {
  return optional((raw, at) => {
    if (typeof raw !== 'string' || !/^-?\d+$/.test(raw)) throw notAnInteger(raw, at)
    const value = Number(raw)
    if (value < min) {
      throw invalid(`This value must be greater than or equal to ${min}.`, at, 'parameter_invalid_integer')
    }
    if (value > max) {
      throw invalid(`This value must be less than or equal to ${max}.`, at, 'parameter_invalid_integer')
    }
    return value
  })
}

function notAnInteger(raw: Raw, at: string) {
  return invalid(`Invalid integer: ${show(raw)}`, at, 'parameter_invalid_integer')
}

/** Seconds since 1970. */
export function time(): Field<number | undefined> {
  return integer(0)
}

export function decimal(): Field<number | undefined> {
  return optional((raw, at) => {
    if (typeof raw !== 'string' || !/^-?\d+(\.\d+)?$/.test(raw)) {
      throw invalid(`Invalid decimal: ${show(raw)}`, at)
    }
    return Number(raw)
  })
}

export function boolean(): Field<boolean | undefined> {
  return optional((raw, at) => {
    if (raw !== 'true' && raw !== 'false') throw invalid(`Invalid boolean: ${show(raw)}`, at)
    return raw === 'true'
  })
}

export function oneOf<const T extends string>(...values: readonly T[]): Field<T | undefined> {
  return optional((raw, at) => {
    const found = values.find((value) => value === raw)
    if (found === undefined) throw invalid(`Invalid ${at}: must be one of ${sentence(values)}`, at)
    return found
  })
}

function sentence(values: readonly string[]): string {
  if (values.length < 3) return values.join(' or ')
  return `${values.slice(0, -1).join(', ')}, or ${values.at(-1)}`
}

/** A list; its positions are the numbers in the names. */
export function list<T>(item: Field<T | undefined>): Field<T[] | undefined> {
  return optional((raw, at) => {
    if (typeof raw === 'string' || Object.keys(raw).some((key) => !/^\d+$/.test(key))) {
      throw invalid('Invalid array', at)
    }
    const positions = Object.keys(raw).sort((a, b) => Number(a) - Number(b))
    return positions.map((position) => required(item).read(raw[position], `${at}[${position}]`))
  })
}

export function object<F extends Fields>(fields: F): Field<Values<F> | undefined> {
  return optional((raw, at) => {
    if (typeof raw === 'string') throw invalid('Invalid object', at)
    return readParameters(fields, raw, at)
  })
}

/** Any names with values of one kind. */
export function map<T>(value: Field<T | undefined>): Field<Record<string, T> | undefined> {
  return optional((raw, at) => {
    if (typeof raw === 'string') throw invalid('Invalid object', at)
    const entries = Object.entries(raw).map(([name, item]) => [
      name,
      required(value).read(item, join(at, name)),
    ])
    return Object.fromEntries(entries)
  })
}

/**
 * Names and values of the caller's own: at most 50, names of 40 and values of 500 characters
 * (https://docs.stripe.com/api/metadata, read 2026-11-22). An empty value removes its name: null.
 */
export function metadata(): Field<Record<string, string | null> | null | undefined> {
  return clearable(
    optional((raw, at) => {
      if (typeof raw === 'string') throw invalid('Invalid object', at)
      const entries = Object.entries(raw)
      if (entries.length > 50) throw invalid('Metadata can have at most 50 keys.', at)
      return Object.fromEntries(entries.map(([name, value]) => [name, metadataValue(name, value, at)]))
    }),
  )
}

function metadataValue(name: string, value: Raw, at: string): string | null {
  const where = join(at, name)
  if (typeof value !== 'string') throw invalid('Metadata values must be strings', where)
  if (name.length > 40) {
    throw invalid('Metadata keys must be at most 40 characters', where, 'parameter_invalid_string')
  }
  if (value.length > 500) {
    throw invalid('Metadata values can have up to 500 characters', where, 'parameter_invalid_string')
  }
  return value === '' ? null : value
}

function show(raw: Raw): string {
  return typeof raw === 'string' ? raw : JSON.stringify(raw)
}
