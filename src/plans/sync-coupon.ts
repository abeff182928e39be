import type Stripe from 'stripe'
import { currencyCode } from '../money/money.ts'
import { toStripeAmount } from '../stripe/amounts.ts'
import type { Plan } from './plan.ts'
import type { PromotionCode } from './promotion-code.ts'
import { type SyncDeps, unlessThere, withProduct } from './sync-product.ts'

/** The Stripe id of the coupon behind a promotion code, made there first if it is not yet. */
export async function syncCoupon(
  deps: SyncDeps,
  promotion: PromotionCode,
  plan: Plan | null,
): Promise<string> {
  if (promotion.stripeCouponId) return promotion.stripeCouponId
  const id = `newsstand_${promotion.id}`
  await createCoupon(deps, promotion, plan, id)
  await deps.db
    .updateTable('promotion_codes')
    .set({ stripe_coupon_id: id })
    .where('id', '=', promotion.id)
    .execute()
  return id
}

/** Another coupon in the place of one that was deleted at Stripe, under the next id. Any number may ask at once. */
export async function replaceCoupon(
  deps: SyncDeps,
  promotion: PromotionCode,
  plan: Plan | null,
  gone: string,
): Promise<void> {
  const number = Number(/_(\d{1,6})$/.exec(gone)?.[1] ?? 1) + 1
  const id = `newsstand_${promotion.id}_${number}`
  await createCoupon(deps, promotion, plan, id)
  await deps.db
    .updateTable('promotion_codes')
    .set({ stripe_coupon_id: id })
    .where('stripe_coupon_id', '=', gone)
    .execute()
}

/**
 * Whether a coupon takes off what its code does. Stripe changes nothing of a coupon but its name and metadata; who deletes it
 * may make another under the same id. `coupon` with `applies_to` expanded.
 */
export function isOurCoupon(coupon: Stripe.Coupon, promotion: PromotionCode, plan: Plan | null): boolean {
  const terms = couponTerms(promotion)
  const isFor = coupon.applies_to?.products ?? []
  return (
    coupon.valid &&
    coupon.duration === terms.duration &&
    coupon.percent_off === (terms.percent_off ?? null) &&
    coupon.amount_off === (terms.amount_off ?? null) &&
    coupon.currency === (terms.currency ?? null) &&
    (plan ? isFor.length === 1 && isFor[0] === plan.stripeProductId : isFor.length === 0)
  )
}

async function createCoupon(
  deps: SyncDeps,
  promotion: PromotionCode,
  plan: Plan | null,
  id: string,
): Promise<void> {
  const create = (product: string | null) =>
    unlessThere(() =>
      deps.stripe.coupons.create({
        id,
        ...couponTerms(promotion),
        ...(product ? { applies_to: { products: [product] } } : {}),
      }),
    )
  await (plan ? withProduct(deps, plan, create) : create(null))
}

function couponTerms(promotion: PromotionCode) {
  const { duration, code: name } = promotion
  if (!promotion.amountOff) return { duration, name, percent_off: promotion.percentOff ?? 0 }
  const currency = currencyCode(promotion.amountOff).toLowerCase()
  return { duration, name, amount_off: toStripeAmount(promotion.amountOff), currency }
}
