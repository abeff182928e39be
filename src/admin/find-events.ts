import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { EventState, InboxEvent } from '../webhooks/inbox.ts'

/** A place in the list, newest first: pages go on below it. */
export interface EventPlace {
  receivedAt: Date
  id: string
}

/** The newest events of the inbox that pass the filters, without their payloads; `type` may be its beginning. */
export async function findEvents(
  db: Transaction,
  filters: { state: EventState | null; type: string },
  page: { after: EventPlace | null; limit: number },
): Promise<Omit<InboxEvent, 'payload'>[]> {
  let query = db
    .selectFrom('events')
    .select(['id', 'type', 'livemode', 'state', 'attempts', 'note'])
    .select(['created_at as createdAt', 'received_at as receivedAt', 'applied_at as appliedAt'])
    .select('next_attempt_at as nextAttemptAt')
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (filters.state) query = query.where('state', '=', filters.state)
  if (filters.type) query = query.where(sql<boolean>`starts_with(type, ${filters.type})`)
  if (page.after)
    query = query.where(sql<boolean>`(received_at, id) < (${page.after.receivedAt}, ${page.after.id})`)
  return query.execute()
}
