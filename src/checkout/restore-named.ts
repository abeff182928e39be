import type Stripe from 'stripe'
import type { Order } from '../orders/order.ts'
import { findPromotion } from '../plans/promotion-store.ts'
import { type Restored, restoreCoupon, restorePrice } from '../plans/restore.ts'
import { findPlanById, findPriceById } from '../plans/store.ts'
import { orNull } from '../stripe/client.ts'
import { findCustomer, replaceCustomer } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SessionFacts } from './read-session.ts'

/**
 * Brings back what an order names and Stripe has no more, or does not sell any more: a person may have deleted or archived it
 * in the dashboard. What is there under its own id is taken into use again; what is gone is made anew, once, by however many
 * find it gone. Throws what Stripe's client throws.
 */
export async function restoreNamed(deps: CheckoutDeps, order: Order): Promise<void> {
  // Before the coupon, which may be for their product alone.
  await restorePrices(deps, order)
  await restoreCustomer(deps, order)
  await restoreCouponOf(deps, order)
}

/** Whether a payment page of the order that is open names what we would name now; one that names what is gone may be dead. */
export async function namesWhatIsThere(
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<boolean> {
  const { readerId, currency, promotionCodeId } = order
  const prices: (string | null)[] = []
  for (const { priceId } of order.lines) prices.push((await findPriceById(deps.db, priceId)).stripePriceId)
  const named = session.lines.map((line) => line.stripePriceId)
  if (prices.toSorted().join() !== named.toSorted().join()) return false
  const promotion = promotionCodeId ? await findPromotion(deps.db, promotionCodeId) : null
  if ((promotion?.stripeCouponId ?? null) !== session.couponId) return false
  const isCustomerOurs = readerId && session.customerId !== null
  return !isCustomerOurs || session.customerId === (await findCustomer(deps.db, readerId, currency))
}

async function restorePrices(deps: CheckoutDeps, order: Order): Promise<void> {
  for (const { planId, priceId } of order.lines) {
    const plan = await findPlanById(deps.db, planId)
    const price = await findPriceById(deps.db, priceId)
    const restored = await restorePrice(deps, plan, price)
    tell(deps, order, restored, { price: price.stripePriceId, plan: plan.slug })
  }
}

/** As `restoreNamed`, of the coupon alone. */
export async function restoreCouponOf(deps: CheckoutDeps, order: Order): Promise<void> {
  const promotion = order.promotionCodeId ? await findPromotion(deps.db, order.promotionCodeId) : null
  if (!promotion) return
  const plan = promotion.planId ? await findPlanById(deps.db, promotion.planId) : null
  const restored = await restoreCoupon(deps, promotion, plan)
  tell(deps, order, restored, { coupon: promotion.stripeCouponId, code: promotion.code })
}

async function restoreCustomer(deps: CheckoutDeps, order: Order): Promise<void> {
  const { readerId, email, currency } = order
  const known = readerId ? await findCustomer(deps.db, readerId, currency) : null
  if (!readerId || !known || (await isCustomer(deps.stripe, known))) return
  await replaceCustomer(deps, { readerId, email, currency }, known)
  tell(deps, order, 'replaced', { customer: known })
}

/** A deleted customer is still told of, as deleted. */
async function isCustomer(stripe: Stripe, id: string): Promise<boolean> {
  const found = await orNull(stripe.customers.retrieve(id))
  return found !== null && !found.deleted
}

function tell({ log }: CheckoutDeps, { number }: Order, restored: Restored, what: object): void {
  if (restored === 'replaced')
    log.warn({ ...what, order: number }, 'deleted or changed at Stripe: made another')
  if (restored === 'restored') log.warn({ ...what, order: number }, 'archived at Stripe: on sale again')
}
