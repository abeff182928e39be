import type Stripe from 'stripe'
import { currencyCode } from '../money/money.ts'
import { toStripeAmount } from '../stripe/amounts.ts'
import { withLiveKey } from '../stripe/spent-key.ts'
import type { Plan, Price } from './plan.ts'
import { type SyncDeps, withProduct } from './sync-product.ts'

/**
 * The Stripe id of a price, made there first if it is not yet. Any number of processes may ask at once, and one may
 * die in between: the product's id, the price's lookup key and the idempotency key are all made from ours.
 */
export async function syncPrice(deps: SyncDeps, plan: Plan, price: Price): Promise<string> {
  if (price.stripePriceId) return price.stripePriceId
  const lookupKey = lookupKeyOf(deps, price)
  const id =
    (await findByLookupKey(deps.stripe, lookupKey)) ??
    (await createPrice(deps, plan, price, { lookup_key: lookupKey }, lookupKey))
  await deps.db.updateTable('prices').set({ stripe_price_id: id }).where('id', '=', price.id).execute()
  return id
}

/** Another price in the place of one that was deleted at Stripe, which takes its lookup key over. Any number may ask at once. */
export async function replacePrice(deps: SyncDeps, plan: Plan, price: Price, gone: string): Promise<void> {
  const lookupKey = lookupKeyOf(deps, price)
  const terms = { lookup_key: lookupKey, transfer_lookup_key: true }
  const id = await createPrice(deps, plan, price, terms, `${lookupKey}:after:${gone}`)
  await deps.db
    .updateTable('prices')
    .set({ stripe_price_id: id })
    .where('stripe_price_id', '=', gone)
    .execute()
}

function lookupKeyOf({ installation }: SyncDeps, price: Price): string {
  return `newsstand_${installation.id}_${price.id}`
}

async function findByLookupKey(stripe: Stripe, lookupKey: string): Promise<string | null> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], limit: 1 })
  return data[0]?.id ?? null
}

async function createPrice(
  deps: SyncDeps,
  plan: Plan,
  price: Price,
  lookup: { lookup_key: string; transfer_lookup_key?: boolean },
  key: string,
): Promise<string> {
  const terms = {
    ...lookup,
    currency: currencyCode(price.amount).toLowerCase(),
    unit_amount: toStripeAmount(price.amount),
    metadata: { installation: deps.installation.id, price: price.id },
    ...(price.interval ? { recurring: { interval: price.interval } } : {}),
  }
  const created = await withProduct(deps, plan, (product) =>
    withLiveKey(`${key}:${product}`, (idempotencyKey) =>
      deps.stripe.prices.create({ ...terms, product }, { idempotencyKey }),
    ),
  )
  return created.id
}
