import { isRecord } from '../objects/indexes.ts'
import type { Kind } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from './api-error.ts'
import { expansions } from './expansions.ts'

/**
 * A copy of `answer` with what `paths` name put in place of its id. `kind` is what the answer, or a list's members, are.
 * Throws the API's 400 for a path that cannot be expanded or is deeper than four levels.
 */
export async function expand(
  work: Work,
  answer: object,
  kind: string,
  paths: readonly string[],
): Promise<object> {
  if (paths.length === 0) return answer
  const copy: unknown = JSON.parse(JSON.stringify(answer))
  const isList = isRecord(copy) && copy.object === 'list'
  for (const path of paths) {
    const steps = path.split('.')
    if (isList && steps.shift() !== 'data') throw cannotExpand(path)
    if (check([kind], [], steps, path) > 4) {
      throw invalid(`You cannot expand more than 4 levels of a property. Property: ${path}`, 'expand')
    }
    const targets = isList ? copy.data : [copy]
    if (Array.isArray(targets))
      await Promise.all(targets.map((target) => apply(work, target, kind, [], steps)))
  }
  return Object(copy)
}

function cannotExpand(path: string) {
  return invalid(`This property cannot be expanded (${path}).`, 'expand')
}

/** Counts the levels of a path by the table alone, so that a wrong path is refused whatever the values are. */
function check(kinds: string[], inside: string[], steps: string[], path: string): number {
  const [step, ...rest] = steps
  if (step === undefined) throw cannotExpand(path)
  const at = [...inside, step].join('.')
  const tables = kinds.map((kind) => expansions[kind] ?? {})
  const table = tables.find((candidate) => candidate[at])
  const found = table?.[at]
  if (!found) {
    if (!tables.some((candidate) => Object.keys(candidate).some((name) => name.startsWith(`${at}.`)))) {
      throw cannotExpand(path)
    }
    return check(kinds, [...inside, step], rest, path)
  }
  if ('to' in found) return rest.length === 0 ? 1 : 1 + check(found.to, [], rest, path)
  const level = 'list' in found ? 0 : 1
  const member = 'list' in found ? found.list : found.of
  if (rest.length === 0 && level === 1) return 1
  const [data, ...deeper] = rest
  if (data !== 'data' || member === null) throw cannotExpand(path)
  return level + check([member], [], deeper, path)
}

async function apply(
  work: Work,
  node: unknown,
  kind: string,
  inside: string[],
  steps: string[],
): Promise<void> {
  if (Array.isArray(node)) {
    await Promise.all(node.map((item) => apply(work, item, kind, inside, steps)))
    return
  }
  const [step, ...rest] = steps
  if (!isRecord(node) || step === undefined) return
  const at = [...inside, step]
  const found = expansions[kind]?.[at.join('.')]
  if (!found) return apply(work, node[step], kind, at, rest)
  if ('include' in found && node[step] === undefined) await include(work, node, step, found.include)
  if ('to' in found) node[step] = await fetch(work, node[step], found.to)
  if (rest.length > 0) await into(work, node[step], found, rest)
}

async function include(
  work: Work,
  node: Record<string, unknown>,
  step: string,
  read: (work: Work, id: string) => Promise<unknown>,
): Promise<void> {
  const value = await read(work, String(node.id))
  if (value !== undefined) node[step] = JSON.parse(JSON.stringify(value))
}

async function fetch(work: Work, value: unknown, kinds: string[]): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => fetch(work, item, kinds)))
  if (typeof value !== 'string') return value
  for (const kind of kinds) {
    const stored = await work.find(kind as Kind, value)
    if (stored) return JSON.parse(JSON.stringify(stored.data))
  }
  return value
}

async function into(
  work: Work,
  value: unknown,
  found: (typeof expansions)[string][string],
  rest: string[],
): Promise<void> {
  const members = isRecord(value) && value.object === 'list' ? value.data : value
  const deeper = 'to' in found ? rest : rest.slice(1)
  for (const member of Array.isArray(members) ? members : [members]) {
    if (isRecord(member)) await apply(work, member, String(member.object), [], deeper)
  }
}
