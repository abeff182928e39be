import type { Transaction } from '../db/database.ts'

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

/** Of the latest attempt; null: Stripe never answered for this order. */
export async function findLatestSession(db: Transaction, orderId: string): Promise<KnownSession | null> {
  const row = await db
    .selectFrom('checkout_sessions')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return null
  const { id, order_id: orderOf, attempt, url, state, expires_at: expiresAt } = row
  return { id, orderId: orderOf, attempt, url, state, expiresAt }
}

/** null: no session of ours. */
export async function findOrderIdOfSession(db: Transaction, sessionId: string): Promise<string | null> {
  const row = await db
    .selectFrom('checkout_sessions')
    .select('order_id')
    .where('id', '=', sessionId)
    .executeTakeFirst()
  return row?.order_id ?? null
}
