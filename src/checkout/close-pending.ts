import Stripe from 'stripe'
import { inTransaction } from '../db/database.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState } from '../orders/order.ts'
import { listPendingOrderIds, lockOrder, updateOrder } from '../orders/store.ts'
import type { CheckoutDeps } from './deps.ts'
import { findLatestSession } from './sessions.ts'
import { type SettleOutcome, settle } from './settle.ts'

/**
 * Closes the other payment pages of a browser and its reader, so that no cart is paid for twice. One that was paid in
 * the meantime is settled instead. Returns the orders that turned out to be paid.
 */
export async function closeOtherPayments(
  deps: CheckoutDeps,
  whose: { browserHash: string; readerId: string | null },
  exceptOrderId: string,
): Promise<string[]> {
  const paid: string[] = []
  for (const orderId of await listPendingOrderIds(deps.db, whose, exceptOrderId)) {
    const result = await closePayment(deps, orderId)
    if (result === 'settled' || result === 'already') paid.push(orderId)
  }
  return paid
}

async function closePayment(deps: CheckoutDeps, orderId: string): Promise<SettleOutcome['outcome']> {
  const session = await findLatestSession(deps.db, orderId)
  if (!session) return abandon(deps, orderId)
  await expire(deps.stripe, session.id)
  return (await settle(deps, session.id)).outcome
}

/** Stripe refuses to expire a session that is complete or expired already; settling then tells which. */
async function expire(stripe: Stripe, sessionId: string): Promise<void> {
  try {
    await stripe.checkout.sessions.expire(sessionId)
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error
  }
}

/** Stripe never answered for this order: nobody was ever sent to a page to pay for it. */
async function abandon(deps: CheckoutDeps, orderId: string): Promise<'expired'> {
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    const next = order ? nextState(order.state, 'session_expired') : null
    if (!next) return
    await updateOrder(tx, orderId, { state: next })
    await writeHistory(tx, orderId, { at: deps.clock(), text: 'Given up for another order', by: 'newsstand' })
  })
  return 'expired'
}
