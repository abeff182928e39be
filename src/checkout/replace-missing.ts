import type Stripe from 'stripe'
import type { Order } from '../orders/order.ts'
import { findPromotion } from '../plans/promotion-store.ts'
import { findPlanById } from '../plans/store.ts'
import { replaceCoupon } from '../plans/sync-price.ts'
import { isMissing } from '../stripe/client.ts'
import { findCustomer, replaceCustomer } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'

/**
 * Stripe knows something no more that we named for an order: a person may have deleted the reader's customer or a code's
 * coupon in the dashboard. What is gone is made anew, once, by however many find it gone.
 */
export async function replaceMissing(deps: CheckoutDeps, order: Order): Promise<void> {
  await replaceMissingCustomer(deps, order)
  await replaceMissingCoupon(deps, order)
}

async function replaceMissingCustomer(deps: CheckoutDeps, order: Order): Promise<void> {
  const { readerId, email, currency } = order
  const known = readerId ? await findCustomer(deps.db, readerId, currency) : null
  if (!readerId || !known || (await isThere(() => deps.stripe.customers.retrieve(known)))) return
  await replaceCustomer(deps, { readerId, email, currency }, known)
  deps.log.warn({ customer: known, order: order.number }, 'a customer was deleted at Stripe: made another')
}

async function replaceMissingCoupon(deps: CheckoutDeps, order: Order): Promise<void> {
  const promotion = order.promotionCodeId ? await findPromotion(deps.db, order.promotionCodeId) : null
  const known = promotion?.stripeCouponId
  if (!promotion || !known || (await isThere(() => deps.stripe.coupons.retrieve(known)))) return
  const plan = promotion.planId ? await findPlanById(deps.db, promotion.planId) : null
  await replaceCoupon(deps, promotion, plan, known)
  deps.log.warn({ coupon: known, order: order.number }, 'a coupon was deleted at Stripe: made another')
}

/** A deleted customer is still told of, as deleted; a deleted coupon is not. */
async function isThere(
  retrieve: () => Promise<Stripe.Customer | Stripe.DeletedCustomer | Stripe.Coupon>,
): Promise<boolean> {
  try {
    const found = await retrieve()
    return !('deleted' in found && found.deleted)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
