import { randomUUID } from 'node:crypto'
import { removeBought } from '../cart/store.ts'
import { inTransaction, type Transaction } from '../db/database.ts'
import { addMonths } from '../entitlements/add-months.ts'
import { spanOf } from '../entitlements/entitlement.ts'
import { insertEntitlement } from '../entitlements/store.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { formatMoney } from '../money/format-money.ts'
import { isZero, minorUnits } from '../money/money.ts'
import { recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState, type Order, subscriptionLine } from '../orders/order.ts'
import { insertPayment } from '../orders/payments.ts'
import { lockOrder, updateOrder } from '../orders/store.ts'
import { countRedemption } from '../plans/promotion-store.ts'
import { lockReader, readerForPaidEmail } from '../readers/paid-reader.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
import { insertSubscription, listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import { compareSession } from './compare-session.ts'
import { saveCustomer } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession, type SessionFacts } from './read-session.ts'
import { queueReceipt } from './receipt.ts'
import { findLatestSession, saveSession } from './sessions.ts'

/**
 * settled: this call did it · already: an earlier one had · waiting: a slow payment method · open: nothing paid yet ·
 * expired: it never will be · held: paid, but not what was ordered: staff must look · foreign: not of this installation
 */
export type SettleOutcome =
  | { outcome: 'settled' | 'already' | 'waiting' | 'open' | 'expired' | 'held'; orderId: string }
  | { outcome: 'foreign' }

/**
 * Brings our order to what Stripe says of its Checkout Session now. The webhook, the return page and the reconciler
 * all call it, any number of times, at once: what is settled once stays as it is.
 * Throws what Stripe's client throws; then nothing was changed.
 */
export async function settle(deps: CheckoutDeps, sessionId: string): Promise<SettleOutcome> {
  const readNumber = await nextReadNumber(deps.db)
  const session = await readSession(deps.stripe, sessionId)
  if (session.installationId !== deps.installation.id || !session.orderId) return { outcome: 'foreign' }
  const { orderId } = session
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return { outcome: 'foreign' }
    await noteSession(tx, deps, order, session)
    if (session.payment !== 'paid') return { outcome: await applyUnpaid(tx, deps, order, session), orderId }
    if (nextState(order.state, 'paid') !== 'paid') {
      await refusePaidTwice(tx, deps, order, session)
      return { outcome: 'already', orderId }
    }
    const difference = compareSession(order, session, deps.installation.locale)
    if (difference) return hold(tx, deps, order, session, difference)
    await record(tx, deps, order, session, readNumber)
    return { outcome: 'settled', orderId }
  })
}

/** A session that Stripe made and whose answer we never got is written down here. */
async function noteSession(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const { id, url, state, expiresAt } = session
  await saveSession(
    tx,
    { id, orderId: order.id, attempt: order.attempt, url, state, expiresAt },
    deps.clock(),
  )
}

async function applyUnpaid(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<'waiting' | 'open' | 'expired'> {
  if (session.state !== 'expired') return session.payment === 'waiting' ? 'waiting' : 'open'
  const latest = await findLatestSession(tx, order.id)
  const next = nextState(order.state, 'session_expired')
  if (next && latest?.id === session.id) {
    await updateOrder(tx, order.id, { state: next })
    await writeHistory(tx, order.id, {
      at: deps.clock(),
      text: 'The payment page expired unpaid',
      by: 'stripe',
    })
  }
  return 'expired'
}

async function hold(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  difference: { stripeSays: string; weSay: string },
): Promise<SettleOutcome> {
  const fix = `Compare order ${order.number} with Checkout Session ${session.id}, then refund it in Stripe or correct it there.`
  await recordDrift(
    tx,
    { kind: 'session_differs', subject: order.number, orderId: order.id, fix, ...difference },
    deps.clock(),
  )
  return { outcome: 'held', orderId: order.id }
}

/** A second session of one order can only be paid by a fault of ours or Stripe's; then a person must see it. */
async function refusePaidTwice(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const same =
    (session.subscription?.id ?? null) === order.stripeSubscriptionId &&
    session.paymentIntentId === order.stripePaymentIntentId
  if (same) return
  const amount = formatMoney(session.total, deps.installation.locale)
  const difference = {
    kind: 'paid_twice',
    subject: session.id,
    orderId: order.id,
    stripeSays: `Checkout Session ${session.id} is paid too, ${amount}`,
    weSay: `${order.number} was paid by ${order.stripePaymentIntentId ?? order.stripeSubscriptionId}`,
    fix: `Refund the payment of ${session.id} in Stripe.`,
  } as const
  await recordDrift(tx, difference, deps.clock())
}

/** All that a payment means, in one transaction. */
async function record(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  readNumber: number,
): Promise<void> {
  const now = deps.clock()
  const { readerId, created } = await readerOf(tx, order, now)
  const paid: Order = {
    ...order,
    state: 'paid',
    readerId,
    madeReader: created,
    discount: session.discount,
    tax: session.tax,
    total: session.total,
    card: session.card,
    paidAt: now,
    stripeCustomerId: session.customerId,
    stripePaymentIntentId: session.paymentIntentId,
    stripeSubscriptionId: session.subscription?.id ?? null,
  }
  await writePaid(tx, paid)
  await recordPayment(tx, deps, paid, session)
  const duplicate = await openWhatWasBought(tx, deps, paid, readerId, session, readNumber)
  if (session.customerId) await saveCustomer(tx, readerId, order.currency, session.customerId)
  if (order.promotionCodeId) await countRedemption(tx, order.promotionCodeId)
  if (order.cartId)
    await removeBought(
      tx,
      order.cartId,
      order.lines.map((line) => line.planId),
      now,
    )
  if (duplicate)
    await queueJob(tx, 'undo-duplicate', { orderId: order.id }, { key: `undo-duplicate:${order.id}` })
  else await queueReceipt(tx, deps, paid, renewalOf(session))
}

/** The order's reader, made now for a new address; locked, so that two purchases at once meet here. */
async function readerOf(
  tx: Transaction,
  order: Order,
  now: Date,
): Promise<{ readerId: string; created: boolean }> {
  const reader = order.readerId
    ? { readerId: order.readerId, created: false }
    : await readerForPaidEmail(tx, order.email, now)
  await lockReader(tx, reader.readerId)
  return reader
}

async function writePaid(tx: Transaction, order: Order): Promise<void> {
  await updateOrder(tx, order.id, {
    state: order.state,
    reader_id: order.readerId,
    made_reader: order.madeReader,
    discount: minorUnits(order.discount),
    tax: minorUnits(order.tax),
    total: minorUnits(order.total),
    card: order.card,
    paid_at: order.paidAt,
    stripe_customer_id: order.stripeCustomerId,
    stripe_payment_intent_id: order.stripePaymentIntentId,
    stripe_subscription_id: order.stripeSubscriptionId,
  })
}

async function recordPayment(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const now = deps.clock()
  const total = formatMoney(session.total, deps.installation.locale)
  const text = isZero(session.total) ? 'Settled; there was nothing to pay' : `Paid ${total}`
  await writeHistory(tx, order.id, { at: now, text, by: 'stripe' })
  if (isZero(session.total)) return
  await insertPayment(tx, {
    orderId: order.id,
    kind: 'first',
    amount: session.total,
    stripeSourceId: session.invoiceId ?? session.paymentIntentId ?? session.id,
    stripePaymentIntentId: session.paymentIntentId,
    paidAt: now,
  })
}

/** Returns whether it is a subscription to what the reader has already, which then opens nothing. */
async function openWhatWasBought(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<boolean> {
  for (const [position, line] of order.lines.entries()) {
    if (line.kind !== 'pass' || !line.lastsMonths) continue
    const startsAt = deps.clock()
    const endsAt = addMonths(startsAt, line.lastsMonths * line.quantity)
    const span = { startsAt, endsAt, runsOnUntil: null, held: null }
    const source = { source: 'order', orderId: order.id, subscriptionId: null } as const
    await insertEntitlement(
      tx,
      { id: randomUUID(), readerId, opens: line.opens, ...source, ...span },
      position,
    )
  }
  return beginSubscription(tx, deps, order, readerId, session, readNumber)
}

async function beginSubscription(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<boolean> {
  const found = subscriptionLine(order)
  if (!found) return false
  if (!session.subscription) throw new Error(`session ${session.id} is paid and has no subscription`)
  const { line, position } = found
  const others = overlapping(await listSubscriptionsOf(tx, readerId), line.opens)
  const duplicate = others.length > 0
  const subscription: Subscription = {
    id: randomUUID(),
    readerId,
    orderId: order.id,
    planId: line.planId,
    priceId: line.priceId,
    opens: line.opens,
    state: session.subscription.state,
    duplicate,
    startedAt: deps.clock(),
    paidUntil: session.subscription.paidUntil,
    endsAt: session.subscription.endsAt,
    endedAt: null,
    stripeSubscriptionId: session.subscription.id,
    readNumber,
  }
  await insertSubscription(tx, subscription)
  if (duplicate) {
    const text = 'Bought what the reader already has: opens nothing, to be cancelled and refunded'
    await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'newsstand' })
    return true
  }
  const span = { startsAt: deps.clock(), ...spanOf(subscription, deps.grace), held: null }
  const source = { source: 'subscription', orderId: order.id, subscriptionId: subscription.id } as const
  await insertEntitlement(tx, { id: randomUUID(), readerId, opens: line.opens, ...source, ...span }, position)
  return false
}

/** When the next payment is due; null: none is. */
function renewalOf(session: SessionFacts): Date | null {
  const { subscription } = session
  return subscription && !subscription.endsAt ? subscription.paidUntil : null
}
