import Stripe from 'stripe'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { isMissing } from '../stripe/client.ts'
import type { Plan } from './plan.ts'

export interface SyncDeps {
  db: Database
  stripe: Stripe
  installation: Installation
}

/**
 * Calls with the id of a plan's product, made at Stripe first if it is not yet; and once more with another in its place where
 * Stripe says that there is no such product, since it was deleted. Throws what `call` throws.
 */
export async function withProduct<T>(
  deps: SyncDeps,
  plan: Plan,
  call: (product: string) => Promise<T>,
): Promise<T> {
  const known = plan.stripeProductId ?? `newsstand_${plan.id}`
  if (!plan.stripeProductId) await createProduct(deps, plan, known, null)
  try {
    return await call(known)
  } catch (error) {
    if (!isMissing(error)) throw error
    return call(await replaceProduct(deps, plan, known))
  }
}

/** Under the next id: Stripe may not give one that was deleted again. */
async function replaceProduct(deps: SyncDeps, plan: Plan, gone: string): Promise<string> {
  const number = Number(/_(\d{1,6})$/.exec(gone)?.[1] ?? 1) + 1
  const id = `newsstand_${plan.id}_${number}`
  await createProduct(deps, plan, id, gone)
  return id
}

/** Any number may ask at once. `inPlaceOf`: the product that the plan names until then, null for none. */
async function createProduct(
  { db, stripe, installation }: SyncDeps,
  plan: Plan,
  id: string,
  inPlaceOf: string | null,
): Promise<void> {
  const metadata = { installation: installation.id, plan: plan.id }
  await unlessThere(() =>
    stripe.products.create({ id, name: plan.name, description: plan.summary, metadata }),
  )
  await db
    .updateTable('plans')
    .set({ stripe_product_id: id })
    .where('id', '=', plan.id)
    .where('stripe_product_id', inPlaceOf ? '=' : 'is', inPlaceOf)
    .execute()
}

/** Makes an object under an id of ours; one that is there already is as good. */
export async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    const there =
      error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_already_exists'
    if (!there) throw error
  }
}
