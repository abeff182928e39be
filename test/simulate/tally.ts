/** Counts of what was tried, by kind. */
export interface Tally {
  add: (kind: string, times?: number) => void
  /** Every kind with its count, in the order in which it was first seen. */
  rows: () => [kind: string, count: number][]
  of: (kind: string) => number
}

export function openTally(kinds: readonly string[] = []): Tally {
  const counts = new Map(kinds.map((kind) => [kind, 0]))
  const of = (kind: string) => counts.get(kind) ?? 0
  return { add: (kind, times = 1) => void counts.set(kind, of(kind) + times), rows: () => [...counts], of }
}

/** Two columns of text, the numbers to the right. */
export function table(title: string, rows: readonly (readonly [string, number])[]): string {
  const lines = rows.map(([name, count]) => [name, count.toLocaleString('en-US')] as const)
  const wide = Math.max(title.length, ...lines.map(([name]) => name.length))
  const high = Math.max(1, ...lines.map(([, count]) => count.length))
  const body = lines.map(([name, count]) => `  ${name.padEnd(wide)}  ${count.padStart(high)}`)
  return [title, ...body].join('\n')
}
