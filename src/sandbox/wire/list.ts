import { sql } from 'kysely'
import { asOf } from '../objects/as-of.ts'
import type { Kind, Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid, missing } from './api-error.ts'
import { either, type Field, integer, object, text, time, type Values } from './parameters.ts'

/** The parameters that every list takes. */
export const pagination = { limit: integer(1, 100), starting_after: text(), ending_before: text() }
export const created: Field<number | Range | undefined> = either(
  time(),
  object({ gt: time(), gte: time(), lt: time(), lte: time() }),
)
export type Range = { [Name in 'gt' | 'gte' | 'lt' | 'lte']: number | undefined }
type Page = Values<typeof pagination>

export interface ListOf<T> {
  object: 'list'
  data: T[]
  has_more: boolean
  url: string
}

/** A page of one kind, newest first, of those that bear all `refs` and were created within `createdIn`. */
export async function listObjects<K extends Kind>(
  work: Work,
  kind: K,
  page: Page,
  options: {
    url: string
    refs?: Record<string, unknown>
    /** Refs of which one is enough. */
    anyOf?: string[] | undefined
    createdIn?: number | Range | undefined
  },
): Promise<ListOf<Shapes[K]>> {
  const refs = Object.entries(options.refs ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}:${value}`)
  const where = sql`kind = ${kind} and not deleted and refs @> ${refs}::text[] and ${createdWithin(options.createdIn)}
    and ${options.anyOf ? sql`refs && ${options.anyOf}::text[]` : sql`true`}`
  const rows = await pageOf<{ id: string; data: Shapes[K] }>(work, 'objects', sql`id, data`, where, page)
  return { ...rows, url: options.url, data: rows.data.map((row) => asOf(kind, row.data, work.now)) }
}

/** A page of a table that has `id` and a growing `seq`; cursors are ids. */
export async function pageOf<Row>(
  work: Work,
  table: 'objects' | 'events',
  columns: ReturnType<typeof sql>,
  where: ReturnType<typeof sql>,
  page: Page,
): Promise<{ object: 'list'; data: Row[]; has_more: boolean }> {
  if (page.starting_after && page.ending_before) {
    throw invalid('You cannot use arguments starting_after and ending_before together.', 'ending_before')
  }
  const limit = page.limit ?? 10
  const backwards = page.ending_before !== undefined
  const cursor = await seqOf(work, table, page)
  const { rows } = await sql<Row>`
    select ${columns} from sandbox.${sql.table(table)} where ${where}
      and ${cursor === null ? sql`true` : backwards ? sql`seq > ${cursor}` : sql`seq < ${cursor}`}
    order by seq ${backwards ? sql`asc` : sql`desc`} limit ${limit + 1}`.execute(work.tx)
  const data = rows.slice(0, limit)
  return { object: 'list', data: backwards ? data.reverse() : data, has_more: rows.length > limit }
}

async function seqOf(work: Work, table: 'objects' | 'events', page: Page): Promise<number | null> {
  const name = page.ending_before !== undefined ? 'ending_before' : 'starting_after'
  const id = page[name]
  if (id === undefined) return null
  const { rows } = await sql<{ seq: number }>`
    select seq from sandbox.${sql.table(table)} where id = ${id}`.execute(work.tx)
  const row = rows[0]
  if (!row) throw missing(table === 'events' ? 'event' : 'object', id, name, 400)
  return row.seq
}

/** The condition that a `created` filter means. */
export function createdWithin(range: number | Range | undefined) {
  if (range === undefined) return sql`true`
  if (typeof range === 'number') return sql`created = ${range}`
  const bounds = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const
  const conditions = (['gt', 'gte', 'lt', 'lte'] as const).flatMap((name) =>
    range[name] === undefined ? [] : [sql`created ${bounds[name]} ${range[name]}`],
  )
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/** A list that is part of an object, whole. */
export function wholeList<T>(data: T[], url: string): ListOf<T> {
  return { object: 'list', data, has_more: false, url }
}
