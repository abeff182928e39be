import type { Hidden } from '../objects/hidden.ts'
import type { Shapes } from '../objects/shapes.ts'

const day = 86_400
const warningBefore = 3 * day
/** How long before a renewal it is announced; the API lets one choose: https://docs.stripe.com/billing/subscriptions/webhooks (read 2026-11-22). */
const upcomingBefore = 7 * day
/** A first payment that does not come ends a subscription: https://docs.stripe.com/billing/subscriptions/overview (read 2026-11-22). */
const incompleteLasts = 23 * 3600

/** The next moment at which time alone changes a subscription, in seconds; null: never. */
export function nextMoment(
  subscription: Shapes['subscription'],
  hidden: Hidden<'subscription'>,
): number | null {
  const moments = momentsOf(subscription, hidden).filter((moment) => moment !== null)
  return moments.length === 0 ? null : Math.min(...moments)
}

function momentsOf(subscription: Shapes['subscription'], hidden: Hidden<'subscription'>): (number | null)[] {
  const { status } = subscription
  if (status === 'incomplete') return [subscription.created + incompleteLasts]
  if (status === 'canceled' || status === 'incomplete_expired' || status === 'paused') return []
  return [
    currentPeriodEnd(subscription),
    subscription.cancel_at,
    subscription.pause_collection?.resumes_at ?? null,
    status === 'trialing' && hidden.announcedTrialEnd !== subscription.trial_end
      ? warningOf(subscription)
      : null,
    upcomingOf(subscription, hidden),
  ]
}

/**
 * When invoice.upcoming is due: seven days before the period's end, on the day's first second, so that time stops once a day
 * for all. Null for a short period, for one after which nothing is charged, and once it was told.
 */
export function upcomingOf(
  subscription: Shapes['subscription'],
  hidden: Hidden<'subscription'>,
): number | null {
  const end = currentPeriodEnd(subscription)
  const start = subscription.items.data[0]?.current_period_start ?? end
  const ends = subscription.cancel_at !== null && subscription.cancel_at <= end
  if (ends || subscription.pause_collection || hidden.announcedPeriodEnd === end) return null
  const at = Math.floor((end - upcomingBefore) / day) * day
  return at > start ? at : null
}

/** When trial_will_end is due: three days before, or at the start of a shorter trial. */
function warningOf(subscription: Shapes['subscription']): number | null {
  if (subscription.trial_end === null) return null
  return Math.max(subscription.trial_end - warningBefore, subscription.created)
}

/** The end of the period that a subscription is in: all its items share it. */
export function currentPeriodEnd(subscription: Shapes['subscription']): number {
  const [item] = subscription.items.data
  if (!item) throw new Error(`subscription ${subscription.id} has no items`)
  return item.current_period_end
}
