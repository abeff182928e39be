import Stripe from 'stripe'
import { inTransaction } from '../db/database.ts'
import { followSubscription } from '../entitlements/follow-subscription.ts'
import { holdByState } from '../entitlements/hold.ts'
import { writeHistory } from '../orders/history.ts'
import { listPayments, type Payment } from '../orders/payments.ts'
import { followRefunds } from '../orders/refunds.ts'
import { findOrder } from '../orders/store.ts'
import { withLiveKey } from '../stripe/spent-key.ts'
import type { CheckoutDeps } from './deps.ts'

/**
 * Cancels at Stripe what a reader bought twice, and pays it back. Both stay on record. Run as a job: may die anywhere
 * and be run again. Throws while Stripe does not answer.
 */
export async function undoDuplicate(deps: CheckoutDeps, orderId: string): Promise<void> {
  const order = await findOrder(deps.db, orderId)
  if (!order?.stripeSubscriptionId) throw new Error(`order ${orderId} has no subscription to undo`)
  await cancel(deps.stripe, order.stripeSubscriptionId)
  await followSubscription(deps, order.stripeSubscriptionId)
  for (const payment of await listPayments(deps.db, orderId)) await payBack(deps, payment)
  await followRefunds(deps, orderId, holdByState)
}

async function cancel(stripe: Stripe, subscriptionId: string): Promise<void> {
  try {
    await stripe.subscriptions.cancel(subscriptionId, { prorate: false, invoice_now: false })
  } catch (error) {
    // An earlier try may have come this far.
    const { status } = await stripe.subscriptions.retrieve(subscriptionId)
    if (status !== 'canceled') throw error
  }
}

/** Stripe forgets idempotency keys after a day: what was refunded before is found by its metadata. */
async function payBack(deps: CheckoutDeps, payment: Payment): Promise<void> {
  const { stripe, installation } = deps
  const paymentIntent = payment.stripePaymentIntentId
  if (!paymentIntent) throw new Error(`payment ${payment.stripeSourceId} has no payment intent to refund`)
  const { data: earlier } = await stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 })
  if (earlier.some((refund) => refund.metadata?.order === payment.orderId && refund.status !== 'failed'))
    return
  const metadata = { installation: installation.id, order: payment.orderId }
  const key = `${installation.id}:${payment.orderId}:undo-duplicate:${paymentIntent}`
  const refund = (idempotencyKey: string) =>
    stripe.refunds.create(
      { payment_intent: paymentIntent, reason: 'duplicate', metadata },
      { idempotencyKey },
    )
  const text = await withLiveKey(key, refund).then(() => 'Cancelled and paid back', whyNotPaidBack)
  await inTransaction(deps.db, (tx) =>
    writeHistory(tx, payment.orderId, { at: deps.clock(), text, by: 'newsstand' }),
  )
}

/** What no later try would change, in words for staff; throws any other error again. */
function whyNotPaidBack(error: unknown): string {
  const code = error instanceof Stripe.errors.StripeInvalidRequestError ? error.code : undefined
  if (code === 'charge_already_refunded') return 'Cancelled; it had been paid back already'
  if (code === 'charge_disputed')
    return 'Cancelled; its payment is disputed and cannot be paid back: do so if the dispute is won'
  throw error
}
