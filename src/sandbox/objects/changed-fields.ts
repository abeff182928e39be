import { isRecord } from './indexes.ts'

/**
 * What `previous_attributes` of an event holds: each field of `after` that differs, with its value in `before`. Inside
 * maps, only what differs; lists as a whole; a field that `before` did not have is null.
 */
export function changedFields(before: object, after: object): Record<string, unknown> {
  const old: Record<string, unknown> = { ...before }
  const changes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    const was = old[name] ?? null
    if (same(was, value)) continue
    changes[name] = isRecord(was) && isRecord(value) ? changedFields(was, value) : was
  }
  for (const name of Object.keys(old)) if (!(name in after)) changes[name] = old[name]
  return changes
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
