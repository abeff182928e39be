import type { Clock } from '../clock.ts'
import type { Transaction } from '../db/database.ts'
import { recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { type Subscription, stateText } from '../subscriptions/subscription.ts'
import { whyImpossible } from '../subscriptions/transition.ts'

/**
 * Writes a subscription's new state to its order's history. What Stripe's own life cycle does not allow is followed all the
 * same, since Stripe charges by it, and becomes drift: staff are told.
 */
export async function noteTransition(
  tx: Transaction,
  { clock }: { clock: Clock },
  before: Subscription,
  after: Subscription,
): Promise<void> {
  const { orderId, stripeSubscriptionId: subject } = after
  if (stateText(after) !== stateText(before)) {
    const text = `Subscription: ${stateText(after)}`
    await writeHistory(tx, orderId, { at: clock(), text, by: 'stripe' })
  }
  const impossible = whyImpossible(before.state, after.state)
  if (!impossible) return
  const difference = {
    kind: 'subscription_impossible',
    subject,
    orderId,
    stripeSays: `It is ${after.state}`,
    weSay: `It was ${before.state} and ${impossible === 'had_ended' ? 'had ended' : 'had begun'}`,
    fix: 'Look at the subscription in Stripe: we follow what it says now, though nothing should lead there.',
  } as const
  await recordDrift(tx, difference, clock())
}
