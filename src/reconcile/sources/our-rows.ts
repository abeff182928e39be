import type { Transaction } from '../../db/database.ts'
import type { Source, Things } from './source.ts'

const onPage = 500

type Query<T> = (db: Transaction, asOf: Date, after: string) => Promise<(T & { place: string })[]>

/** A source over our own rows, in the order of `place`, an id. */
function ourRows<T>(query: Query<T>): Source<T> {
  return async ({ db }, asOf, place) => {
    const things = await query(db, asOf, place ?? '')
    const next = things.length === onPage ? (things.at(-1)?.place ?? null) : null
    return { things, seen: [], looked: things.length, next }
  }
}

export const ourOrders: Source<Things['our orders']> = ourRows((db, asOf, after) =>
  db
    .selectFrom('orders')
    .select(['id', 'number', 'state', 'number as place'])
    .where('placed_at', '<=', asOf)
    .where('number', '>', after)
    .orderBy('number')
    .limit(onPage)
    .execute(),
)

export const ourPayments: Source<Things['our payments']> = ourRows((db, asOf, after) =>
  db
    .selectFrom('payments')
    .select(['stripe_source_id as stripeSourceId', 'stripe_payment_intent_id as stripePaymentIntentId'])
    .select('stripe_source_id as place')
    .where('paid_at', '<=', asOf)
    .where('stripe_source_id', '>', after)
    .orderBy('stripe_source_id')
    .limit(onPage)
    .execute(),
)

export const ourSubscriptions: Source<Things['our subscriptions']> = ourRows((db, asOf, after) =>
  db
    .selectFrom('subscriptions')
    .select(['stripe_subscription_id as stripeSubscriptionId', 'reader_id as readerId', 'state', 'duplicate'])
    .select(['opens', 'started_at as startedAt', 'stripe_subscription_id as place'])
    .where('started_at', '<=', asOf)
    .where('stripe_subscription_id', '>', after)
    .orderBy('stripe_subscription_id')
    .limit(onPage)
    .execute(),
)

export const ourRefunds: Source<Things['our refunds']> = ourRows(async (db, asOf, after) => {
  const rows = await db
    .selectFrom('refunds')
    .select('stripe_refund_id')
    .where('asked_at', '<=', asOf)
    .where('stripe_refund_id', '>', after)
    .orderBy('stripe_refund_id')
    .limit(onPage)
    .execute()
  return rows.flatMap(({ stripe_refund_id: id }) => (id ? [{ stripeRefundId: id, place: id }] : []))
})

export const ourDisputes: Source<Things['our disputes']> = ourRows((db, asOf, after) =>
  db
    .selectFrom('disputes')
    .select(['stripe_dispute_id as stripeDisputeId', 'stripe_dispute_id as place'])
    .where('opened_at', '<=', asOf)
    .where('stripe_dispute_id', '>', after)
    .orderBy('stripe_dispute_id')
    .limit(onPage)
    .execute(),
)

export const ourPostings: Source<Things['our postings']> = ourRows((db, asOf, after) =>
  db
    .selectFrom('ledger_postings')
    .select(['stripe_id as balanceTransactionId', 'order_id as orderId', 'stripe_id as place'])
    .where('kind', 'in', ['arrival', 'dispute'])
    .where('at', '<=', asOf)
    .where('stripe_id', '>', after)
    .orderBy('stripe_id')
    .limit(onPage)
    .execute(),
)

export const ourCustomers: Source<Things['our customers']> = ourRows((db, _, after) =>
  db
    .selectFrom('stripe_customers')
    .select(['stripe_customer_id as stripeCustomerId', 'stripe_customer_id as place'])
    .where('stripe_customer_id', '>', after)
    .orderBy('stripe_customer_id')
    .limit(onPage)
    .execute(),
)
