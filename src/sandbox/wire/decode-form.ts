import { invalid } from './api-error.ts'

/** Form parameters as they came: text, or a map of names (list positions included) to more of the same. */
export type Raw = string | RawMap
export interface RawMap {
  [name: string]: Raw
}

/**
 * Decodes `a[b][0]=c` into `{a: {b: {0: 'c'}}}`; `a[]=x&a[]=y` counts up. Throws the API's 400 where a name is both text
 * and a map.
 */
export function decodeForm(text: string): RawMap {
  const root: RawMap = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) assign(root, segmentsOf(name), value, name)
  return root
}

function segmentsOf(name: string): string[] {
  const bracket = name.indexOf('[')
  if (bracket <= 0) return [name]
  return [
    name.slice(0, bracket),
    ...name
      .slice(bracket + 1)
      .replace(/\]$/, '')
      .split(']['),
  ]
}

function assign(root: RawMap, segments: string[], value: string, name: string): void {
  let at = root
  for (const [index, segment] of segments.entries()) {
    const key = segment === '' ? String(Object.keys(at).length) : segment
    if (index === segments.length - 1) {
      at[key] = value
      return
    }
    const next = at[key] ?? Object.create(null)
    if (typeof next === 'string') throw invalid(`Invalid object: ${name}`, name)
    at[key] = next
    at = next
  }
}
