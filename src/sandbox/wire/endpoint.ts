import type { Work } from '../objects/work.ts'
import type { ErrorBody } from './api-error.ts'
import type { RawMap } from './decode-form.ts'
import { type Fields, list, readParameters, text, type Values } from './parameters.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

/** What an endpoint resolves to: an object for 200, or a refusal whose effects are kept (a declined card). */
export type Answer = object | Refusal
export class Refusal {
  readonly status: number
  readonly error: ErrorBody

  constructor(status: number, error: ErrorBody) {
    this.status = status
    this.error = error
  }
}

export interface Call {
  work: Work
  /** The ids in the address, in order. */
  ids: readonly string[]
  expand: readonly string[]
}

export interface Endpoint {
  method: Method
  /** As `/v1/customers/{id}`. */
  path: string
  /** The kind of object it answers with, or of those in its list; expansions are checked against it. */
  answers: string
  run: (call: Omit<Call, 'expand'>, raw: RawMap) => Promise<{ answer: Answer; expand: readonly string[] }>
}

/** An endpoint whose parameters are `fields` and no others; every one also takes `expand`. */
export function endpoint<F extends Fields>(
  method: Method,
  path: string,
  answers: string,
  fields: F,
  run: (call: Call & { id: string }, params: Values<F>) => Promise<Answer>,
): Endpoint {
  const expandField = list(text())
  return {
    method,
    path,
    answers,
    run: async (call, raw) => {
      const { expand: rawExpand, ...rest } = raw
      const expand = expandField.read(rawExpand, 'expand') ?? []
      const params = readParameters(fields, rest)
      return { answer: await run({ ...call, expand, id: call.ids[0] ?? '' }, params), expand }
    },
  }
}

/** Finds the endpoint of a request among all: words in an address are preferred to ids. */
export function createMatcher(endpoints: readonly Endpoint[]) {
  const routes = endpoints
    .map((found) => ({ found, segments: found.path.split('/') }))
    .sort((a, b) => idsIn(a.found.path) - idsIn(b.found.path))
  return (method: string, path: string): { endpoint: Endpoint; ids: string[] } | null => {
    const segments = path.replace(/\/$/, '').split('/')
    for (const route of routes) {
      const ids = route.found.method === method ? match(route.segments, segments) : null
      if (ids) return { endpoint: route.found, ids }
    }
    return null
  }
}

function idsIn(path: string): number {
  return path.split('{').length - 1
}

function match(pattern: string[], segments: string[]): string[] | null {
  if (pattern.length !== segments.length) return null
  const ids: string[] = []
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{') && segment !== '') ids.push(decodeURIComponent(segment))
    else if (part !== segment) return null
  }
  return ids
}
