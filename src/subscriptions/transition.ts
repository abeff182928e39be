import type { SubscriptionState } from './subscription.ts'

/** What can happen to a subscription at Stripe. */
export const subscriptionHappenings = [
  'first_payment_settled',
  'first_payment_never_came',
  'trial_begun',
  'trial_over',
  'trial_over_without_card',
  'payment_failed',
  'payment_settled',
  'tries_given_up',
  'paused',
  'resumed',
  'ended',
] as const

export type SubscriptionHappening = (typeof subscriptionHappenings)[number]

/**
 * Stripe's own life cycle (https://docs.stripe.com/billing/subscriptions/overview and the API's Subscription.status, read
 * 2026-11-22). `canceled` and `incomplete_expired` are final.
 */
const transitions: Record<SubscriptionState, Partial<Record<SubscriptionHappening, SubscriptionState>>> = {
  incomplete: {
    first_payment_settled: 'active',
    first_payment_never_came: 'incomplete_expired',
    trial_begun: 'trialing',
    ended: 'canceled',
  },
  incomplete_expired: {},
  trialing: {
    trial_over: 'active',
    trial_over_without_card: 'paused',
    payment_failed: 'past_due',
    paused: 'paused',
    ended: 'canceled',
  },
  active: { payment_failed: 'past_due', trial_begun: 'trialing', paused: 'paused', ended: 'canceled' },
  past_due: {
    payment_settled: 'active',
    tries_given_up: 'unpaid',
    trial_begun: 'trialing',
    paused: 'paused',
    ended: 'canceled',
  },
  canceled: {},
  unpaid: { payment_settled: 'active', trial_begun: 'trialing', ended: 'canceled' },
  paused: { resumed: 'active', ended: 'canceled' },
}

export const subscriptionStates = Object.keys(transitions) as SubscriptionState[]

/** The state after something happened; null where it cannot happen. */
export function nextSubscriptionState(
  state: SubscriptionState,
  happening: SubscriptionHappening,
): SubscriptionState | null {
  return transitions[state][happening] ?? null
}

/** had_ended: what has ended does not go on · had_begun: what has begun does not wait for its first payment again. */
export type Impossible = 'had_ended' | 'had_begun'

/**
 * Why Stripe's life cycle does not lead from the state that was read to the one that is read now; null: it does. We see
 * single moments of that life, so what lies several steps ahead is no surprise.
 */
export function whyImpossible(from: SubscriptionState, to: SubscriptionState): Impossible | null {
  if (reachableFrom(from).has(to)) return null
  return Object.keys(transitions[from]).length === 0 ? 'had_ended' : 'had_begun'
}

function reachableFrom(from: SubscriptionState): Set<SubscriptionState> {
  const reached = new Set([from])
  for (const state of reached) for (const next of Object.values(transitions[state])) reached.add(next)
  return reached
}
