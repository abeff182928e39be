import type { SubscriptionState } from '../db/tables/subscriptions.ts'

export type { SubscriptionState }

/** An agreement that renews, as we last read it from Stripe. */
export interface Subscription {
  id: string
  readerId: string
  orderId: string
  planId: string
  priceId: string
  /** Slugs of collections. */
  opens: string[]
  state: SubscriptionState
  /** A second purchase of what the reader had: it opens nothing, and is cancelled and refunded. */
  duplicate: boolean
  startedAt: Date
  /** The end of the last period that is settled. */
  paidUntil: Date
  /** The end of the last period that was given away while collection was paused; null: none was. */
  givenUntil: Date | null
  /** Whether a bank is being asked for the latest renewal, which takes it days. */
  bankAsked: boolean
  /** When it ends without renewing; null: it renews. */
  endsAt: Date | null
  endedAt: Date | null
  stripeSubscriptionId: string
  readNumber: number
}

const living: readonly SubscriptionState[] = ['trialing', 'active', 'past_due', 'unpaid', 'paused']

/** Whether Stripe may still take money for it, so that a second one for the same would be one too many. */
export function isLiving(state: SubscriptionState): boolean {
  return living.includes(state)
}

/** Whether a status, as Stripe has it, is one that nothing follows. */
export function hasEnded(status: string): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** Those of a reader's subscriptions that already open part of what `opens` would. */
export function overlapping(
  subscriptions: readonly Subscription[],
  opens: readonly string[],
): Subscription[] {
  return subscriptions.filter(
    (one) =>
      isLiving(one.state) && !one.duplicate && one.opens.some((collection) => opens.includes(collection)),
  )
}

/** When its next payment is due; null: it will not renew. */
export function renewalOf(subscription: Subscription): Date | null {
  const renews = isLiving(subscription.state) && !subscription.endsAt && !subscription.duplicate
  return renews ? subscription.paidUntil : null
}

/** The state in words for people. */
export function stateText(subscription: Subscription): string {
  if (subscription.duplicate) return 'Bought twice, cancelled'
  if (isLiving(subscription.state) && subscription.endsAt) return 'Ends without renewing'
  return stateTexts[subscription.state]
}

const stateTexts: Record<SubscriptionState, string> = {
  incomplete: 'Waiting for its first payment',
  incomplete_expired: 'Never paid',
  trialing: 'On trial',
  active: 'Active',
  past_due: 'Payment overdue',
  canceled: 'Ended',
  unpaid: 'Unpaid',
  paused: 'Paused',
}
