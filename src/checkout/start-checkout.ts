import type { Order } from '../orders/order.ts'
import type { Buyer } from '../orders/store.ts'
import { closeEarlierPayments, closePayment } from './close-pending.ts'
import type { CheckoutDeps } from './deps.ts'
import { openSession } from './open-session.ts'
import { type PlacedOrder, placeOrder } from './place-order.ts'
import type { SessionFacts } from './read-session.ts'
import { recheckOrder } from './recheck-order.ts'

/**
 * pay: go to Stripe's page at `url` · paid: this cart was paid for already, look at that session · overtaken: the buyer
 * went on with another order meanwhile · the rest as in `PlacedOrder`
 */
export type StartedCheckout =
  | { outcome: 'pay'; url: string; orderId: string }
  | { outcome: 'paid'; sessionId: string }
  | { outcome: 'overtaken' }
  | Exclude<PlacedOrder, { outcome: 'placed' }>

/**
 * From the cart to Stripe's payment page: the order is saved and committed before Stripe is asked for a session, and the
 * buyer's earlier payment pages are closed. Throws what Stripe's client throws; the order then waits for the next
 * attempt with the same cart.
 */
export async function startCheckout(
  deps: CheckoutDeps,
  cartId: string,
  buyer: Buyer,
): Promise<StartedCheckout> {
  const placed = await placeOrder(deps, cartId, buyer)
  if (placed.outcome !== 'placed') return placed
  const anyStays = await closeEarlierPayments(deps, buyer, placed.order.id)
  // What is in this cart may be the reader's by now, the cart may be empty, or its promotion code used up.
  const again = anyStays ? await placeOrder(deps, cartId, buyer) : placed
  const isSame = again.outcome === 'placed' && again.order.id === placed.order.id
  if (!isSame) await closePayment(deps, placed.order.id)
  if (again.outcome !== 'placed') return again
  return handOut(deps, again.order, await openSession(deps, again.order))
}

/** The page was made while others went on: it is given to nobody before the order was looked at once more. */
async function handOut(deps: CheckoutDeps, order: Order, session: SessionFacts): Promise<StartedCheckout> {
  if (session.state !== 'open' || !session.url) return { outcome: 'paid', sessionId: session.id }
  const obstacle = await recheckOrder(deps, order.id)
  if (!obstacle) return { outcome: 'pay', url: session.url, orderId: order.id }
  const closed = await closePayment(deps, order.id)
  return closed === 'settled' || closed === 'already' ? { outcome: 'paid', sessionId: session.id } : obstacle
}
