import { sql } from 'kysely'
import { type EventRow, presentEvent } from '../events/present-event.ts'
import type { Work } from '../objects/work.ts'
import { formatMoment } from '../pages/moments.ts'

interface AttemptRow {
  endpoint: string
  state: string
  /** null: not tried yet. */
  at: Date | null
  duration_ms: number | null
  status: number | null
  error: string | null
}

/** An event with each attempt to deliver it; null: there is none of that id. */
export async function eventPage(work: Work, id: string) {
  const { rows } = await sql<EventRow>`
    select e.*, (select count(*)::int from sandbox.deliveries d where d.event_id = e.id and d.state = 'pending') as pending_webhooks
    from sandbox.events e where id = ${id}`.execute(work.tx)
  const event = rows[0]
  if (!event) return null
  const attempts = await sql<AttemptRow>`
    select d.endpoint, d.state, a.at, a.duration_ms, a.status, a.error
    from sandbox.deliveries d left join sandbox.delivery_attempts a on a.delivery_id = d.id
    where d.event_id = ${id} order by d.id, a.id`.execute(work.tx)
  return {
    id,
    type: event.type,
    json: JSON.stringify(presentEvent(event), null, 2),
    attempts: attempts.rows.map((row) => ({
      to: row.endpoint === 'app' ? 'the app' : row.endpoint,
      state: row.state.replace('_', ' '),
      at: row.at ? formatMoment(row.at) : 'not yet',
      outcome: row.at ? `${row.status ?? row.error} in ${row.duration_ms} ms` : '',
    })),
  }
}

/** Sends an event again to everyone who wanted it, at once. Resolves to whether there is such an event. */
export async function sendAgain(work: Work, id: string): Promise<boolean> {
  const { rows } = await sql`
    update sandbox.deliveries set state = 'pending', attempts = 0, next_at = to_timestamp(0), leased_until = null, leased_by = null
    where event_id = ${id} returning id`.execute(work.tx)
  await sql`select pg_notify('sandbox_events', '')`.execute(work.tx)
  return rows.length > 0
}
