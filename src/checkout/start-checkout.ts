import type { Subscription } from '../subscriptions/subscription.ts'
import { closeOtherPayments } from './close-pending.ts'
import type { CheckoutDeps } from './deps.ts'
import { openSession } from './open-session.ts'
import { type Buyer, placeOrder } from './place-order.ts'

/**
 * pay: go to Stripe's page at `url` · paid: this cart was paid for already, look at that session ·
 * refused: why it cannot be paid for · subscribed: the reader has it
 */
export type StartedCheckout =
  | { outcome: 'pay'; url: string; orderId: string }
  | { outcome: 'paid'; sessionId: string }
  | { outcome: 'refused'; problems: string[] }
  | { outcome: 'subscribed'; subscription: Subscription }

/**
 * From the cart to Stripe's payment page: the order is saved and committed before Stripe is asked for a session, and the
 * reader's other open payment pages are closed. Throws what Stripe's client throws; the order then waits for the next
 * attempt with the same cart.
 */
export async function startCheckout(
  deps: CheckoutDeps,
  cartId: string,
  buyer: Buyer,
): Promise<StartedCheckout> {
  const placed = await placeOrder(deps, cartId, buyer)
  if (placed.outcome !== 'placed') return placed
  const paidMeanwhile = await closeOtherPayments(deps, buyer, placed.order.id)
  // What is in this cart may be the reader's by now, or the cart may be empty.
  const again = paidMeanwhile.length > 0 ? await placeOrder(deps, cartId, buyer) : placed
  if (again.outcome !== 'placed') return again
  const session = await openSession(deps, again.order)
  if (session.state !== 'open' || !session.url) return { outcome: 'paid', sessionId: session.id }
  return { outcome: 'pay', url: session.url, orderId: again.order.id }
}
