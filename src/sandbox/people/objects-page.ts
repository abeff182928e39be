import { sql } from 'kysely'
import type { Work } from '../objects/work.ts'
import { formatMoment } from '../pages/moments.ts'

const shown = 100

/** The newest objects of a kind. */
export async function objectsPage(work: Work, kind: string) {
  const { rows } = await sql<{ id: string; created: number }>`
    select id, created from sandbox.objects where kind = ${kind} and not deleted order by seq desc limit ${shown}`.execute(
    work.tx,
  )
  return {
    kind,
    objects: rows.map((row) => ({ id: row.id, time: formatMoment(new Date(row.created * 1000)) })),
  }
}

/** One object as the API shows it, with the events about it; null: there is none of that id. */
export async function objectPage(work: Work, id: string) {
  const { rows } = await sql<{ kind: string; data: object }>`
    select kind, data from sandbox.objects where id = ${id}`.execute(work.tx)
  const row = rows[0]
  if (!row) return null
  const events = await sql<{ id: string; type: string; created: number }>`
    select id, type, created from sandbox.events where object_id = ${id} order by seq desc limit ${shown}`.execute(
    work.tx,
  )
  return {
    id,
    kind: row.kind,
    json: JSON.stringify(row.data, null, 2),
    events: events.rows.map((event) => ({ ...event, time: formatMoment(new Date(event.created * 1000)) })),
  }
}
