import { createHash } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
import { withLiveKey } from '../stripe/spent-key.ts'
import type { CheckoutDeps } from './deps.ts'

/** Stripe's customer of a reader in a currency, made there first if there is none. Any number may ask at once. */
export async function ensureCustomer(
  deps: CheckoutDeps,
  readerId: string,
  email: string,
  currency: string,
): Promise<string> {
  const known = await findCustomer(deps.db, readerId, currency)
  if (known) return known
  const key = `${deps.installation.id}:customer:${readerId}:${currency}:${digest(email)}`
  const metadata = { installation: deps.installation.id, reader: readerId }
  const { id } = await withLiveKey(key, (idempotencyKey) =>
    deps.stripe.customers.create({ email, metadata }, { idempotencyKey }),
  )
  await saveCustomer(deps.db, readerId, currency, id)
  return (await findCustomer(deps.db, readerId, currency)) ?? id
}

/**
 * Another customer in the place of one that was deleted at Stripe: its id is part of the key, since Stripe would answer the
 * first key with the first customer for a day. Any number may ask at once.
 */
export async function replaceCustomer(
  deps: CheckoutDeps,
  reader: { readerId: string; email: string; currency: string },
  gone: string,
): Promise<void> {
  const { readerId, email, currency } = reader
  const key = `${deps.installation.id}:customer:${readerId}:${currency}:${digest(email)}:after:${gone}`
  const metadata = { installation: deps.installation.id, reader: readerId }
  const { id } = await withLiveKey(key, (idempotencyKey) =>
    deps.stripe.customers.create({ email, metadata }, { idempotencyKey }),
  )
  await deps.db
    .updateTable('stripe_customers')
    .set({ stripe_customer_id: id })
    .where('stripe_customer_id', '=', gone)
    .execute()
}

/** Another address is another request, and a key must not be used for two. */
function digest(email: string): string {
  return createHash('sha256').update(email).digest('hex').slice(0, 16)
}

/** null: none yet. */
export async function findCustomer(
  db: Transaction,
  readerId: string,
  currency: string,
): Promise<string | null> {
  const row = await db
    .selectFrom('stripe_customers')
    .select('stripe_customer_id')
    .where('reader_id', '=', readerId)
    .where('currency', '=', currency)
    .executeTakeFirst()
  return row?.stripe_customer_id ?? null
}

/** The first customer of a reader in a currency stays. */
export async function saveCustomer(
  tx: Transaction,
  readerId: string,
  currency: string,
  stripeCustomerId: string,
): Promise<void> {
  await tx
    .insertInto('stripe_customers')
    .values({ reader_id: readerId, currency, stripe_customer_id: stripeCustomerId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The reader's next payment in its currency makes a new one. */
export async function forgetCustomer(tx: Transaction, stripeCustomerId: string): Promise<void> {
  await tx.deleteFrom('stripe_customers').where('stripe_customer_id', '=', stripeCustomerId).execute()
}

/** Of all currencies. */
export async function listCustomersOf(db: Transaction, readerId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('stripe_customers')
    .select('stripe_customer_id')
    .where('reader_id', '=', readerId)
    .execute()
  return rows.map((row) => row.stripe_customer_id)
}
