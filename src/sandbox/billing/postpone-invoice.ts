import type { Work } from '../objects/work.ts'
import type { Subscription } from './add-subscription.ts'
import { cancelSubscription } from './cancel-subscription.ts'

const day = 86_400
/** Eight tries in two weeks, in days after the first: https://docs.stripe.com/billing/revenue-recovery/smart-retries (read 2026-11-22). */
const retriesAfter = [1, 3, 5, 7, 9, 11, 14]

/**
 * Notes that an attempt to collect an invoice (taken) failed, sets the next and tells of it. After the last, its
 * subscription ends; a first payment is not tried again by time.
 */
export async function postponeInvoice(
  work: Work,
  id: string,
  subscription: Subscription | null,
): Promise<void> {
  const stored = await work.take('invoice', id)
  if (!stored) throw new Error(`invoice ${id} is gone`)
  const { data: before, hidden } = stored
  const firstFailure = hidden.firstFailure ?? work.now
  const attempt_count = before.attempt_count + 1
  const wait = retriesAfter[attempt_count - 1]
  const lives = subscription !== null && !['canceled', 'incomplete'].includes(subscription.status)
  // A bank may take longer to refuse a debit than the next try would have waited.
  const next_payment_attempt =
    lives && wait !== undefined ? Math.max(firstFailure + wait * day, work.now + day) : null
  work.hide('invoice', id, { firstFailure })
  const failed = work.change('invoice', id, { attempt_count, attempted: true, next_payment_attempt })
  work.tell('invoice.updated', failed, before)
  if (await asksForThePayer(work, hidden.intent)) work.tell('invoice.payment_action_required', failed)
  work.tell('invoice.payment_failed', failed)
  if (subscription) await fallBehind(work, subscription, next_payment_attempt === null)
}

async function asksForThePayer(work: Work, intent: string | null): Promise<boolean> {
  const stored = intent ? await work.find('payment_intent', intent) : null
  return (
    stored?.data.status === 'requires_action' ||
    stored?.data.last_payment_error?.code === 'authentication_required'
  )
}

async function fallBehind(work: Work, subscription: Subscription, last: boolean): Promise<void> {
  const { status } = work.held('subscription', subscription.id)
  if (status === 'incomplete' || status === 'canceled') return
  if (status === 'active' || status === 'trialing') {
    work.change('subscription', subscription.id, { status: 'past_due' }, 'customer.subscription.updated')
  }
  if (last) await cancelSubscription(work, subscription.id, { reason: 'payment_failed' })
}
