import { sql } from 'kysely'
import { type EventRow, presentEvent } from '../events/present-event.ts'
import type { Work } from '../objects/work.ts'
import { invalid, missing } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, createdWithin, pageOf, pagination } from '../wire/list.ts'
import { boolean, list, text } from '../wire/parameters.ts'

/** Events can be had for 30 days: https://docs.stripe.com/api/events (read 2026-11-22). */
const keptFor = 30 * 86_400

const columns = sql`id, created, type, data, request_id, idempotency_key,
  (select count(*)::int from sandbox.deliveries d where d.event_id = events.id and d.state = 'pending') as pending_webhooks`

export const eventEndpoints = [
  endpoint(
    'GET',
    '/v1/events',
    'event',
    { ...pagination, created, delivery_success: boolean(), type: text(), types: list(text()) },
    async ({ work }, params) => {
      if (params.type && params.types) {
        throw invalid('You may only specify one of these parameters: type, types.', 'type')
      }
      if (params.types && params.types.length > 20) throw invalid('You may pass at most 20 types.', 'types')
      const where = sql`created > ${work.now - keptFor} and ${createdWithin(params.created)}
        and ${ofTypes(params.types ?? (params.type ? [params.type] : null))}
        and ${deliveredIs(params.delivery_success)}`
      const page = await pageOf<EventRow>(work, 'events', columns, where, params)
      return { ...page, data: page.data.map(presentEvent), url: '/v1/events' }
    },
  ),
  endpoint('GET', '/v1/events/{id}', 'event', {}, async ({ work, id }) =>
    presentEvent(await findEvent(work, id)),
  ),
]

/** Types may end in a star: `invoice.*`. */
function ofTypes(types: string[] | null) {
  if (!types) return sql`true`
  const patterns = types.map((type) => type.replaceAll('_', '\\_').replaceAll('*', '%'))
  return sql`type like any(${patterns}::text[])`
}

function deliveredIs(success: boolean | undefined) {
  if (success === undefined) return sql`true`
  const open = sql`exists (select from sandbox.deliveries d where d.event_id = events.id and d.state <> 'delivered')`
  return success ? sql`not ${open}` : open
}

async function findEvent(work: Work, id: string): Promise<EventRow> {
  const { rows } = await sql<EventRow>`
    select ${columns} from sandbox.events where id = ${id} and created > ${work.now - keptFor}`.execute(
    work.tx,
  )
  const row = rows[0]
  if (!row) throw missing('event', id, 'id', 404)
  return row
}
