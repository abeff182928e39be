import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { SubscriptionTables } from '../db/tables/subscriptions.ts'
import type { Subscription } from './subscription.ts'

type Row = Selectable<SubscriptionTables['subscriptions']>

function toSubscription(row: Row): Subscription {
  return {
    id: row.id,
    readerId: row.reader_id,
    orderId: row.order_id,
    planId: row.plan_id,
    priceId: row.price_id,
    opens: row.opens,
    state: row.state,
    duplicate: row.duplicate,
    startedAt: row.started_at,
    paidUntil: row.paid_until,
    givenUntil: row.given_until,
    bankAsked: row.bank_asked,
    endsAt: row.ends_at,
    endedAt: row.ended_at,
    stripeSubscriptionId: row.stripe_subscription_id,
    readNumber: row.read_number,
  }
}

/** The latest first. */
export async function listSubscriptionsOf(db: Transaction, readerId: string): Promise<Subscription[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('reader_id', '=', readerId)
    .orderBy('started_at', 'desc')
    .execute()
  return rows.map(toSubscription)
}

/** null: the reader has no such subscription. */
export async function findSubscriptionOf(
  db: Transaction,
  readerId: string,
  id: string,
): Promise<Subscription | null> {
  const found = await listSubscriptionsOf(db, readerId)
  return found.find((one) => one.id === id) ?? null
}

export async function findSubscriptionOfOrder(
  db: Transaction,
  orderId: string,
): Promise<Subscription | null> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('order_id', '=', orderId)
    .executeTakeFirst()
  return row ? toSubscription(row) : null
}

/** By Stripe's id; nobody else changes it until the transaction ends. */
export async function lockSubscription(
  tx: Transaction,
  stripeSubscriptionId: string,
): Promise<Subscription | null> {
  const row = await tx
    .selectFrom('subscriptions')
    .selectAll()
    .where('stripe_subscription_id', '=', stripeSubscriptionId)
    .forUpdate()
    .executeTakeFirst()
  return row ? toSubscription(row) : null
}

export async function insertSubscription(tx: Transaction, subscription: Subscription): Promise<void> {
  await tx
    .insertInto('subscriptions')
    .values({
      id: subscription.id,
      reader_id: subscription.readerId,
      order_id: subscription.orderId,
      duplicate: subscription.duplicate,
      started_at: subscription.startedAt,
      stripe_subscription_id: subscription.stripeSubscriptionId,
      ...present(subscription),
    })
    .execute()
}

/** The one that an order began opens nothing from now on. */
export async function markDuplicate(tx: Transaction, orderId: string): Promise<void> {
  await tx.updateTable('subscriptions').set({ duplicate: true }).where('order_id', '=', orderId).execute()
}

/** Writes what Stripe says now; whose it is and which order began it never changes. */
export async function updateSubscription(tx: Transaction, subscription: Subscription): Promise<void> {
  await tx.updateTable('subscriptions').set(present(subscription)).where('id', '=', subscription.id).execute()
}

function present(subscription: Subscription) {
  return {
    plan_id: subscription.planId,
    price_id: subscription.priceId,
    opens: subscription.opens,
    state: subscription.state,
    paid_until: subscription.paidUntil,
    given_until: subscription.givenUntil,
    bank_asked: subscription.bankAsked,
    ends_at: subscription.endsAt,
    ended_at: subscription.endedAt,
    read_number: subscription.readNumber,
  }
}
