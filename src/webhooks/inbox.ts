import type { Transaction } from '../db/database.ts'

export type EventState = 'received' | 'applied' | 'ignored' | 'failed'

export const eventStates: readonly EventState[] = ['received', 'applied', 'ignored', 'failed']

/** Something that Stripe told us, as we keep it. */
export interface InboxEvent {
  id: string
  type: string
  createdAt: Date
  livemode: boolean
  payload: unknown
  receivedAt: Date
  state: EventState
  attempts: number
  nextAttemptAt: Date | null
  appliedAt: Date | null
  /** Why it was ignored, or how applying it failed; null: neither. */
  note: string | null
}

export interface NewEvent {
  id: string
  type: string
  createdAt: Date
  livemode: boolean
  /** The JSON text as it came. */
  payload: string
}

/** Keeps an event, once. Returns whether it was new. `nextAttemptAt` is real time. */
export async function keepEvent(
  db: Transaction,
  event: NewEvent,
  receivedAt: Date,
  nextAttemptAt: Date,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('events')
    .values({
      id: event.id,
      type: event.type,
      created_at: event.createdAt,
      livemode: event.livemode,
      payload: event.payload,
      received_at: receivedAt,
      state: 'received',
      next_attempt_at: nextAttemptAt,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function findEvent(db: Transaction, id: string): Promise<InboxEvent | null> {
  const row = await db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toEvent(row) : null
}

/** Of those Stripe names, the ones that are here. */
export async function listKnownIds(db: Transaction, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db.selectFrom('events').select('id').where('id', 'in', ids).execute()
  return new Set(rows.map((row) => row.id))
}

/** Those whose next attempt is due, the oldest first. */
export async function listDueIds(db: Transaction, realNow: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('events')
    .select('id')
    .where('state', '=', 'received')
    .where('next_attempt_at', '<=', realNow)
    .orderBy('next_attempt_at')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/**
 * Takes an event for one attempt: nobody else takes it before `untilRetry`. null: it is done, taken, or not here.
 */
export async function claimEvent(
  db: Transaction,
  id: string,
  times: { realNow: Date; untilRetry: Date },
): Promise<InboxEvent | null> {
  const row = await db
    .updateTable('events')
    .set((set) => ({ attempts: set('attempts', '+', 1), next_attempt_at: times.untilRetry }))
    .where('id', '=', id)
    .where('state', '=', 'received')
    .where('next_attempt_at', '<=', times.realNow)
    .returningAll()
    .executeTakeFirst()
  return row ? toEvent(row) : null
}

export async function finishEvent(
  db: Transaction,
  id: string,
  end: { state: 'applied' | 'ignored' | 'failed'; at: Date; note: string | null },
): Promise<void> {
  await db
    .updateTable('events')
    .set({ state: end.state, applied_at: end.at, note: end.note, next_attempt_at: null })
    .where('id', '=', id)
    .execute()
}

/** Applying failed and is to be tried again at `nextAttemptAt` (real time). */
export async function postponeEvent(
  db: Transaction,
  id: string,
  note: string,
  nextAttemptAt: Date,
): Promise<void> {
  await db.updateTable('events').set({ note, next_attempt_at: nextAttemptAt }).where('id', '=', id).execute()
}

/** Puts an event back as if it had just come, whatever became of it. Returns whether there is one. */
export async function reopenEvent(db: Transaction, id: string, realNow: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('events')
    .set({ state: 'received', attempts: 0, next_attempt_at: realNow, note: null })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

function toEvent(row: {
  id: string
  type: string
  created_at: Date
  livemode: boolean
  payload: unknown
  received_at: Date
  state: EventState
  attempts: number
  next_attempt_at: Date | null
  applied_at: Date | null
  note: string | null
}): InboxEvent {
  return {
    id: row.id,
    type: row.type,
    createdAt: row.created_at,
    livemode: row.livemode,
    payload: row.payload,
    receivedAt: row.received_at,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    appliedAt: row.applied_at,
    note: row.note,
  }
}
