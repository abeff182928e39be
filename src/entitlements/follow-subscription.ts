import type Stripe from 'stripe'
import type { Clock } from '../clock.ts'
import { type Database, inTransaction, type Transaction } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { postBills } from '../ledger/post-bill.ts'
import { formatMoney } from '../money/format-money.ts'
import { writeHistory } from '../orders/history.ts'
import { insertPayments } from '../orders/payments.ts'
import { queueFollowCharges } from '../orders/queue-follow-charges.ts'
import { recountRefunds } from '../orders/refunds.ts'
import { lockOrder } from '../orders/store.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
import { readSubscription, type SubscriptionFacts } from '../subscriptions/read-subscription.ts'
import { lockSubscription, updateSubscription } from '../subscriptions/store.ts'
import type { Subscription } from '../subscriptions/subscription.ts'
import { type Grace, moved, type Span, spanOf } from './entitlement.ts'
import { holdByState } from './hold.ts'
import { noteTransition } from './note-transition.ts'
import { listEntitlementsOfOrder, updateEntitlement } from './store.ts'
import { takeOverPlan } from './take-over-plan.ts'

export interface FollowDeps {
  db: Database
  stripe: Stripe
  clock: Clock
  installation: Installation
  grace: Grace
}

/**
 * followed: ours is now what Stripe says · stale: a later read was faster · unknown: its order is not settled yet ·
 * foreign: not of this installation
 */
export type FollowOutcome =
  | { outcome: 'followed' | 'stale' }
  | { outcome: 'unknown'; orderId: string }
  | { outcome: 'foreign' }

/**
 * Brings a subscription, its payments and what it opens to what Stripe says now. Any event about it may call this, in
 * any order and any number of times.
 */
export async function followSubscription(
  deps: FollowDeps,
  stripeSubscriptionId: string,
): Promise<FollowOutcome> {
  const readNumber = await nextReadNumber(deps.db)
  const facts = await readSubscription(deps.stripe, stripeSubscriptionId)
  if (facts.installationId !== deps.installation.id || !facts.orderId) return { outcome: 'foreign' }
  const { orderId } = facts
  return inTransaction(deps.db, async (tx) => {
    // The order first, as everywhere: two that took them in different orders would wait for each other.
    const order = await lockOrder(tx, orderId)
    const known = await lockSubscription(tx, stripeSubscriptionId)
    if (!order || !known) return { outcome: 'unknown', orderId }
    if (known.readNumber > readNumber) return { outcome: 'stale' }
    const anyNew = await follow(tx, deps, known, facts, readNumber)
    const recounted = anyNew ? await recountRefunds(tx, order) : order
    await holdByState(tx, recounted, deps.clock())
    return { outcome: 'followed' }
  })
}

/** Returns whether there was a payment that we did not know. */
async function follow(
  tx: Transaction,
  deps: FollowDeps,
  known: Subscription,
  facts: SubscriptionFacts,
  readNumber: number,
): Promise<boolean> {
  const { state, bankAsked, endsAt, endedAt } = facts
  const paidUntil = facts.paidUntil ?? known.paidUntil
  // What was given away stays given when collection goes on.
  const givenUntil = facts.givenUntil ?? known.givenUntil
  const planned = await takeOverPlan(tx, deps, known, facts)
  const next: Subscription = {
    ...planned,
    state,
    paidUntil,
    givenUntil,
    bankAsked,
    endsAt,
    endedAt,
    readNumber,
  }
  await updateSubscription(tx, next)
  await moveEntitlements(tx, next, spanOf(next, deps.grace))
  await noteTransition(tx, deps, known, next)
  const anyNew = await recordPayments(tx, deps, known, facts)
  return anyNew
}

/** Moves what a subscription opens to a span; usually one entitlement: what a duplicate would open was never opened. */
export async function moveEntitlements(
  tx: Transaction,
  subscription: Subscription,
  span: Span,
): Promise<void> {
  const entitlements = await listEntitlementsOfOrder(tx, subscription.orderId)
  for (const entitlement of entitlements) {
    if (entitlement.subscriptionId === subscription.id)
      await updateEntitlement(tx, moved(entitlement, span, subscription.opens))
  }
}

async function recordPayments(
  tx: Transaction,
  deps: FollowDeps,
  known: Subscription,
  facts: SubscriptionFacts,
): Promise<boolean> {
  await enterBills(tx, deps, known, facts)
  const payments = facts.payments.toReversed().map(({ invoiceId, paymentIntentId, renewal, ...paid }) => ({
    ...paid,
    orderId: known.orderId,
    kind: renewal ? ('renewal' as const) : ('first' as const),
    stripeSourceId: invoiceId,
    stripePaymentIntentId: paymentIntentId,
  }))
  const fresh = await insertPayments(tx, payments)
  for (const { amount, paidAt } of fresh) {
    const text = `Renewal paid, ${formatMoney(amount, deps.installation.locale)}`
    await writeHistory(tx, known.orderId, { at: paidAt, text, by: 'stripe' })
  }
  return fresh.length > 0
}

/** Into the ledger, once each; the fees follow when Stripe knows them. */
async function enterBills(
  tx: Transaction,
  deps: FollowDeps,
  known: Subscription,
  facts: SubscriptionFacts,
): Promise<void> {
  const bills = facts.bills.toReversed().map(({ invoiceId, ...bill }) => ({
    ...bill,
    orderId: known.orderId,
    stripeSourceId: invoiceId,
  }))
  for (const paymentIntentId of await postBills(tx, bills, deps.clock()))
    await queueFollowCharges(tx, paymentIntentId)
}
