import Stripe from 'stripe'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { currencyCode } from '../money/money.ts'
import { toStripeAmount } from '../stripe/amounts.ts'
import { withLiveKey } from '../stripe/spent-key.ts'
import type { Plan, Price } from './plan.ts'
import type { PromotionCode } from './promotion-code.ts'

export interface SyncDeps {
  db: Database
  stripe: Stripe
  installation: Installation
}

/**
 * The Stripe id of a price, made there first if it is not yet. Any number of processes may ask at once, and one may
 * die in between: the product's id, the price's lookup key and the idempotency key are all made from ours.
 */
export async function syncPrice(deps: SyncDeps, plan: Plan, price: Price): Promise<string> {
  if (price.stripePriceId) return price.stripePriceId
  const product = await syncProduct(deps, plan)
  const lookupKey = `newsstand_${deps.installation.id}_${price.id}`
  const id =
    (await findByLookupKey(deps.stripe, lookupKey)) ?? (await createPrice(deps, product, price, lookupKey))
  await deps.db.updateTable('prices').set({ stripe_price_id: id }).where('id', '=', price.id).execute()
  return id
}

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

async function createCoupon(
  deps: SyncDeps,
  promotion: PromotionCode,
  plan: Plan | null,
  id: string,
): Promise<void> {
  const product = plan ? await syncProduct(deps, plan) : null
  await unlessThere(() =>
    deps.stripe.coupons.create({
      id,
      ...couponTerms(promotion),
      ...(product ? { applies_to: { products: [product] } } : {}),
    }),
  )
}

async function syncProduct({ db, stripe, installation }: SyncDeps, plan: Plan): Promise<string> {
  if (plan.stripeProductId) return plan.stripeProductId
  const id = `newsstand_${plan.id}`
  const metadata = { installation: installation.id, plan: plan.id }
  await unlessThere(() =>
    stripe.products.create({ id, name: plan.name, description: plan.summary, metadata }),
  )
  await db.updateTable('plans').set({ stripe_product_id: id }).where('id', '=', plan.id).execute()
  return id
}

async function findByLookupKey(stripe: Stripe, lookupKey: string): Promise<string | null> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], limit: 1 })
  return data[0]?.id ?? null
}

async function createPrice(
  { stripe, installation }: SyncDeps,
  product: string,
  price: Price,
  lookupKey: string,
): Promise<string> {
  const terms = {
    product,
    currency: currencyCode(price.amount).toLowerCase(),
    unit_amount: toStripeAmount(price.amount),
    lookup_key: lookupKey,
    metadata: { installation: installation.id, price: price.id },
    ...(price.interval ? { recurring: { interval: price.interval } } : {}),
  }
  const created = await withLiveKey(lookupKey, (idempotencyKey) =>
    stripe.prices.create(terms, { idempotencyKey }),
  )
  return created.id
}

function couponTerms(promotion: PromotionCode): Stripe.CouponCreateParams {
  const { duration, code: name } = promotion
  if (!promotion.amountOff) return { duration, name, percent_off: promotion.percentOff ?? 0 }
  const currency = currencyCode(promotion.amountOff).toLowerCase()
  return { duration, name, amount_off: toStripeAmount(promotion.amountOff), currency }
}

/** Makes an object under an id of ours; one that is there already is as good. */
async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    const there =
      error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_already_exists'
    if (!there) throw error
  }
}
