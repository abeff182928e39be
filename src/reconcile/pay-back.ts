import Stripe from 'stripe'
import { isZero } from '../money/money.ts'
import { followLedger } from '../orders/follow-ledger.ts'
import { orNull } from '../stripe/client.ts'
import { withLiveKey } from '../stripe/spent-key.ts'
import { cancelAtOnce } from '../subscriptions/cancel-at-once.ts'
import { hasEnded } from '../subscriptions/subscription.ts'
import { listIntents, readLeft } from './ask.ts'
import type { ReconcileDeps } from './deps.ts'
import { CannotMend, type Task } from './kind.ts'

/** What is to be undone at Stripe: a subscription with all that was paid for it, or one payment. */
export interface Undone {
  subscriptionId: string | null
  paymentIntentId: string | null
}

/**
 * Ends at Stripe what should not be there: the subscription is cancelled at once, and all that was paid goes back. Any
 * number of times. Throws CannotMend where a payment cannot be paid back.
 */
export async function payBack(deps: ReconcileDeps, what: Undone, task: Task): Promise<void> {
  if (what.subscriptionId) await cancelAtOnce(deps.stripe, what.subscriptionId)
  for (const intent of await listIntents(deps.stripe, what)) await refundWhole(deps, intent, task)
  // What was never an order's payment has no event that would enter it.
  if (task.orderId) await followLedger(deps, task.orderId)
}

/** Whether nothing of it is left at Stripe: the subscription has ended, and all that was paid has gone back. */
export async function isPaidBack(stripe: Stripe, what: Undone): Promise<boolean> {
  const subscription =
    what.subscriptionId && (await orNull(stripe.subscriptions.retrieve(what.subscriptionId)))
  if (subscription && !hasEnded(subscription.status)) return false
  for (const intent of await listIntents(stripe, what))
    if (!isZero((await readLeft(stripe, intent)).left)) return false
  return true
}

/** Refunds that failed change the key: under it Stripe would only repeat the answer that it gave then. */
async function refundWhole(deps: ReconcileDeps, paymentIntentId: string, task: Task): Promise<void> {
  const { left, tries } = await readLeft(deps.stripe, paymentIntentId)
  if (isZero(left)) return
  const metadata = { installation: deps.installation.id, ...(task.orderId ? { order: task.orderId } : {}) }
  const params = { payment_intent: paymentIntentId, metadata }
  const key = `${task.key}:${paymentIntentId}:${tries}`
  try {
    await withLiveKey(key, (idempotencyKey) => deps.stripe.refunds.create(params, { idempotencyKey }))
  } catch (error) {
    const code = error instanceof Stripe.errors.StripeInvalidRequestError ? error.code : undefined
    if (code === 'charge_already_refunded') return
    if (code === 'charge_disputed')
      throw new CannotMend(
        'Its payment is disputed, and Stripe refunds nothing until the dispute is decided.',
      )
    throw error
  }
}
