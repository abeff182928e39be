import type Stripe from 'stripe'
import { orNull } from '../stripe/client.ts'
import type { Plan, Price } from './plan.ts'
import type { PromotionCode } from './promotion-code.ts'
import { isOurCoupon, replaceCoupon } from './sync-coupon.ts'
import { replacePrice } from './sync-price.ts'
import type { SyncDeps } from './sync-product.ts'

/**
 * unharmed: it is at Stripe as we made it, or not yet · restored: it was archived, and is sold again under its own id ·
 * replaced: it was gone, or no longer ours, and another is in its place
 */
export type Restored = 'unharmed' | 'restored' | 'replaced'

/**
 * Takes a price of ours, and its product, out of Stripe's archive: a plan is taken off sale here, not there. Under its old id,
 * so that subscriptions and payment pages which name it need not be told. A price can be sold while its product is archived,
 * and says `active` (https://github.com/stripe/stripe-node/issues/2131, read 2026-11-22): then Stripe opens no session.
 */
export async function restorePrice(deps: SyncDeps, plan: Plan, price: Price): Promise<Restored> {
  const id = price.stripePriceId
  if (!id) return 'unharmed'
  const found = await orNull(deps.stripe.prices.retrieve(id, { expand: ['product'] }))
  if (!found || isGone(found.product)) {
    await replacePrice(deps, plan, price, id)
    return 'replaced'
  }
  const product = await takeUpProduct(deps.stripe, found.product)
  if (found.active) return product
  await deps.stripe.prices.update(id, { active: true })
  return 'restored'
}

function isGone(product: Stripe.Price['product']): boolean {
  return typeof product !== 'string' && product.deleted === true
}

async function takeUpProduct(stripe: Stripe, product: Stripe.Price['product']): Promise<Restored> {
  if (typeof product === 'string' || product.deleted || product.active) return 'unharmed'
  await stripe.products.update(product.id, { active: true })
  return 'restored'
}

/** Replaces the coupon of a code where it is gone, or where one with other terms was made under its id. */
export async function restoreCoupon(
  deps: SyncDeps,
  promotion: PromotionCode,
  plan: Plan | null,
): Promise<Restored> {
  const id = promotion.stripeCouponId
  if (!id) return 'unharmed'
  const found = await orNull(deps.stripe.coupons.retrieve(id, { expand: ['applies_to'] }))
  if (found && isOurCoupon(found, promotion, plan)) return 'unharmed'
  await replaceCoupon(deps, promotion, plan, id)
  return 'replaced'
}
