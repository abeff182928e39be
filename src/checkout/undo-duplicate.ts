import Stripe from 'stripe'
import { inTransaction } from '../db/database.ts'
import { followSubscription } from '../entitlements/follow-subscription.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { creditOf } from '../ledger/credit.ts'
import { formatMoney } from '../money/format-money.ts'
import { compare, isZero, type Money, subtract, sum } from '../money/money.ts'
import { listDisputes } from '../orders/disputes.ts'
import { listDuplicates, listForgottenDuplicates, owedCredit, owedOf } from '../orders/duplicates.ts'
import { listHistory, writeHistory } from '../orders/history.ts'
import type { Order } from '../orders/order.ts'
import { listPayments, type Payment } from '../orders/payments.ts'
import { followRefunds } from '../orders/refunds.ts'
import { findOrder, lockOrder } from '../orders/store.ts'
import { fromStripeAmount, toStripeAmount } from '../stripe/amounts.ts'
import { isSpent, mostSpent } from '../stripe/spent-key.ts'
import { cancelAtOnce } from '../subscriptions/cancel-at-once.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { isLiving } from '../subscriptions/subscription.ts'
import type { CheckoutDeps } from './deps.ts'
import { enterReturned, returnCredit } from './return-credit.ts'
import { afterUndoing, undoDuplicateJob } from './weigh-duplicate.ts'

/**
 * Cancels at Stripe what a reader bought twice, and pays back what it took, to the card what was charged and to the credit
 * what credit paid: both stay on record, and so does the rest of the order. Run as a job: may die anywhere and be run again. What stays to be done then is weighed with what Stripe says
 * of the refunds, in one transaction. Throws while Stripe does not answer.
 */
export async function undoDuplicate(deps: CheckoutDeps, orderId: string): Promise<void> {
  const order = await findOrder(deps.db, orderId)
  const duplicates = order ? await listDuplicates(deps.db, order) : []
  if (!order || duplicates.length === 0) return
  await endSubscription(deps, order)
  let disputed = false
  const payments = await listPayments(deps.db, orderId)
  for (const payment of payments) {
    const paidBack = await payBack(deps, order, payment, owedOf(payment, order, duplicates))
    if (!paidBack) disputed = true
  }
  const { used } = await creditOf(deps.db, orderId, order.currency)
  const returned = await returnCredit(deps, order, owedCredit(order, payments, duplicates, used))
  await followRefunds(deps, orderId, afterUndoing(deps, { disputed }), (tx, _, now) =>
    enterReturned(tx, order, returned, now),
  )
}

/** Queues anew what a job gave up after many tries: a duplicate must not be forgotten. */
export async function retryForgottenDuplicates(deps: CheckoutDeps): Promise<void> {
  const before = new Date(deps.clock().getTime() - 3_600_000)
  for (const orderId of await listForgottenDuplicates(deps.db, before)) {
    await queueJob(deps.db, undoDuplicateJob, { orderId }, { key: `${undoDuplicateJob}:${orderId}` })
  }
}

/** Only where it is the duplicate: the order may have been one for a pass alone. */
async function endSubscription(deps: CheckoutDeps, order: Order): Promise<void> {
  const subscription = await findSubscriptionOfOrder(deps.db, order.id)
  if (!subscription?.duplicate) return
  await cancelAtOnce(deps.stripe, subscription.stripeSubscriptionId)
  await followSubscription(deps, subscription.stripeSubscriptionId)
  const now = await findSubscriptionOfOrder(deps.db, order.id)
  if (now && isLiving(now.state)) throw new Error(`${order.number} is cancelled at Stripe, and not yet here`)
}

/**
 * Pays back what is owed of a payment and was not yet, by whomever: Stripe forgets idempotency keys after a day, but not
 * refunds. Returns false where a dispute forbids it. `spent`: how many keys are, whose refund may have been made all the
 * same; a part could be paid back twice, so each new key is preceded by a new look.
 */
async function payBack(
  deps: CheckoutDeps,
  order: Order,
  payment: Payment,
  owed: Money,
  spent = 0,
): Promise<boolean> {
  if (isZero(owed)) return true
  const { stripePaymentIntentId: paymentIntent, stripeSourceId } = payment
  if (!paymentIntent) throw new Error(`payment ${stripeSourceId} has no payment intent to refund`)
  const { data } = await deps.stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 })
  const due = stillDue(owed, data)
  if (isZero(due)) return true
  const won = (await listDisputes(deps.db, order.id)).filter(({ effect }) => effect === 'won')
  // A refusal is kept under its key like any result: after another refund or dispute, it is another question.
  const key = `${deps.installation.id}:${order.id}:undo-duplicate:${paymentIntent}:${data.length}:${won.length}`
  try {
    return await refund(deps, order, { paymentIntent, due, key: spent > 0 ? `${key}:${spent}` : key })
  } catch (error) {
    if (!isSpent(error) || spent === mostSpent) throw error
    return payBack(deps, order, payment, owed, spent + 1)
  }
}

function stillDue(owed: Money, refunds: readonly Stripe.Refund[]): Money {
  const counting = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled')
  const none = subtract(owed, owed)
  const back = counting.reduce<Money>(
    (all, { amount, currency }) => sum([all, fromStripeAmount(amount, currency)], currency.toUpperCase()),
    none,
  )
  return compare(back, owed) >= 0 ? none : subtract(owed, back)
}

async function refund(
  deps: CheckoutDeps,
  order: Order,
  { paymentIntent, due, key }: { paymentIntent: string; due: Money; key: string },
): Promise<boolean> {
  const metadata = { installation: deps.installation.id, order: order.id }
  const amount = toStripeAmount(due)
  try {
    await deps.stripe.refunds.create(
      { payment_intent: paymentIntent, amount, reason: 'duplicate', metadata },
      { idempotencyKey: key },
    )
    return true
  } catch (error) {
    const code = error instanceof Stripe.errors.StripeInvalidRequestError ? error.code : undefined
    if (code === 'charge_already_refunded') return true
    if (code !== 'charge_disputed') throw error
    await noteDispute(deps, order, due)
    return false
  }
}

/** Once, however often it is tried. */
async function noteDispute(deps: CheckoutDeps, order: Order, due: Money): Promise<void> {
  const amount = formatMoney(due, deps.installation.locale)
  const text = `Bought twice and cancelled; ${amount} cannot be paid back while its payment is disputed`
  await inTransaction(deps.db, async (tx) => {
    await lockOrder(tx, order.id)
    const said = (await listHistory(tx, order.id)).some((entry) => entry.text === text)
    if (!said) await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'newsstand' })
  })
}
