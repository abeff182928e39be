import { inTransaction } from '../db/database.ts'
import { followSubscription } from '../entitlements/follow-subscription.ts'
import { writeHistory } from '../orders/history.ts'
import { isLiving, type Subscription } from '../subscriptions/subscription.ts'
import type { AccountRoutesDeps } from './deps.ts'

/** Whether its reader can end it, or take that back. */
export function canEnd(subscription: Subscription): boolean {
  return isLiving(subscription.state) && !subscription.duplicate && subscription.endsAt === null
}

export function canGoOn(subscription: Subscription): boolean {
  return isLiving(subscription.state) && !subscription.duplicate && subscription.endsAt !== null
}

/**
 * Ends a subscription with the period that is paid, or (`ends` false) lets it renew after all. Asked twice, it changes
 * nothing more. Throws what Stripe's client throws; then nothing was changed.
 */
export async function setEnding(
  deps: AccountRoutesDeps,
  subscription: Subscription,
  ends: boolean,
): Promise<void> {
  if (ends ? !canEnd(subscription) : !canGoOn(subscription)) return
  await deps.stripe.subscriptions.update(subscription.stripeSubscriptionId, { cancel_at_period_end: ends })
  await inTransaction(deps.db, (tx) =>
    writeHistory(tx, subscription.orderId, {
      at: deps.clock(),
      text: ends ? 'Cancelled' : 'Cancellation taken back',
      by: 'reader',
    }),
  )
  await followSubscription(deps, subscription.stripeSubscriptionId)
}
