import { type Selectable, sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { OrderTables } from '../db/tables/orders.ts'

/** A Checkout Session that we asked Stripe for. */
export interface KnownSession {
  id: string
  orderId: string
  attempt: number
  url: string | null
  state: 'open' | 'complete' | 'expired'
  expiresAt: Date
}

/** Remembers a session; one that is known already is brought up to date. */
export async function saveSession(tx: Transaction, session: KnownSession, now: Date): Promise<void> {
  const present = { url: session.url, state: session.state, expires_at: session.expiresAt }
  await tx
    .insertInto('checkout_sessions')
    .values({
      id: session.id,
      order_id: session.orderId,
      attempt: session.attempt,
      created_at: now,
      ...present,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(present))
    .execute()
}

/**
 * The one that is complete, where there is one: it took the money, or its bank is being asked. Otherwise that of the
 * latest attempt; null: Stripe never answered for this order. Two share an attempt where Stripe made one and answered
 * with a fault: the one made last counts, which runs out last, and of the same second the one that we knew first.
 */
export async function findLatestSession(db: Transaction, orderId: string): Promise<KnownSession | null> {
  const row = await db
    .selectFrom('checkout_sessions')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy(sql`state = 'complete'`, 'desc')
    .orderBy('attempt', 'desc')
    .orderBy('expires_at', 'desc')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row ? toSession(row) : null
}

/** Of attempts before this one, those of which we know no end. */
export async function listOpenBefore(db: Transaction, orderId: string, attempt: number): Promise<string[]> {
  const rows = await db
    .selectFrom('checkout_sessions')
    .select('id')
    .where('order_id', '=', orderId)
    .where('state', '=', 'open')
    .where('attempt', '<', attempt)
    .execute()
  return rows.map(({ id }) => id)
}

/** null: no session of ours. */
export async function findSession(db: Transaction, id: string): Promise<KnownSession | null> {
  const row = await db.selectFrom('checkout_sessions').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toSession(row) : null
}

/** Of an order, those of the latest attempts first. */
export async function listSessionIds(db: Transaction, orderId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('checkout_sessions')
    .select('id')
    .where('order_id', '=', orderId)
    .orderBy('attempt', 'desc')
    .execute()
  return rows.map(({ id }) => id)
}

function toSession(row: Selectable<OrderTables['checkout_sessions']>): KnownSession {
  const { id, order_id: orderId, attempt, url, state, expires_at: expiresAt } = row
  return { id, orderId, attempt, url, state, expiresAt }
}
