import type { EventData } from '../tables.ts'
import { apiVersion } from './api-version.ts'

export interface EventRow {
  id: string
  created: number
  type: string
  data: EventData
  request_id: string | null
  idempotency_key: string | null
  pending_webhooks: number
}

/** An event as the API and the webhooks show it. */
export function presentEvent(row: EventRow): object {
  return {
    id: row.id,
    object: 'event',
    api_version: apiVersion,
    created: row.created,
    data: row.data,
    livemode: false,
    pending_webhooks: row.pending_webhooks,
    request: { id: row.request_id, idempotency_key: row.idempotency_key },
    type: row.type,
  }
}

/** The same as JSON text, from an event whose data is such text already: most of an event is that. */
export function eventText(row: Omit<EventRow, 'data'> & { data: string }): string {
  const around = JSON.stringify(presentEvent({ ...row, data: { object: {} } }))
  // The first one is ours: what stands before it are an id, a version and a number.
  return around.replace('{"object":{}}', () => row.data)
}
