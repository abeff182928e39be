import Stripe from 'stripe'
import { inTransaction } from '../db/database.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState } from '../orders/order.ts'
import { type Buyer, listPendingBefore, listStalePending, lockOrder, updateOrder } from '../orders/store.ts'
import type { CheckoutDeps } from './deps.ts'
import { findLatestSession, listOpenBefore } from './sessions.ts'
import { type SettleOutcome, settle } from './settle.ts'

/** A payment page lives a day; whatever still waits after it is looked at. */
const staleHours = 25
const mostStale = 500

/**
 * Closes the payment pages of a buyer's earlier orders, so that no cart is paid for twice. One that was paid in the
 * meantime is settled instead. Returns whether one could not be closed. Only the earlier ones: of two orders at once the
 * later must stay.
 */
export async function closeEarlierPayments(
  deps: CheckoutDeps,
  buyer: Buyer,
  orderId: string,
): Promise<boolean> {
  let anyStays = false
  for (const earlier of await listPendingBefore(deps.db, buyer, orderId)) {
    if (!['expired', 'failed'].includes(await closePayment(deps, earlier))) anyStays = true
  }
  return anyStays
}

/** Ends orders whose page has run out without our hearing of it, or was never made: they hold promotion codes. */
export async function closeStalePayments(deps: CheckoutDeps): Promise<void> {
  const before = new Date(deps.clock().getTime() - staleHours * 3_600_000)
  for (const orderId of await listStalePending(deps.db, before, mostStale)) {
    try {
      await closePayment(deps, orderId)
    } catch (error) {
      deps.log.warn({ order: orderId, err: error }, 'an order that was never paid could not be closed')
    }
  }
}

/** Closes an order's payment page at Stripe and settles the order by what Stripe says then. */
export async function closePayment(deps: CheckoutDeps, orderId: string): Promise<SettleOutcome['outcome']> {
  const session = await findLatestSession(deps.db, orderId)
  if (!session && (await giveUp(deps, orderId))) return 'expired'
  if (!session) return closePayment(deps, orderId)
  // One that was replaced is open still where the process died before it closed it.
  for (const id of await listOpenBefore(deps.db, orderId, session.attempt)) {
    await expire(deps.stripe, id)
    await settle(deps, id)
  }
  const last = (await findLatestSession(deps.db, orderId)) ?? session
  await expire(deps.stripe, last.id)
  return (await settle(deps, last.id)).outcome
}

/** Stripe refuses to expire a session that is complete or expired already; settling then tells which. */
export async function expire(stripe: Stripe, sessionId: string): Promise<void> {
  try {
    await stripe.checkout.sessions.expire(sessionId)
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error
  }
}

/**
 * Ends an order for which Stripe has not answered: nobody was sent to a page to pay for it, and nobody will be, since who
 * waits for the answer looks at the order again. Returns false where the answer has come meanwhile.
 */
function giveUp(deps: CheckoutDeps, orderId: string): Promise<boolean> {
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (await findLatestSession(tx, orderId)) return false
    const next = order ? nextState(order.state, 'session_expired') : null
    if (!next) return true
    await updateOrder(tx, orderId, { state: next })
    await writeHistory(tx, orderId, { at: deps.clock(), text: 'Given up for another order', by: 'newsstand' })
    return true
  })
}
