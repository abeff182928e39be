import { type Grace, type SpanFacts, spanOf } from './entitlement.ts'

/** A renewal that could not be charged, while Stripe tries the card again. */
export interface Overdue {
  /** When it was due; null: something else than the period is overdue (a change of plan, say), and the period goes on. */
  since: Date | null
  /** Where reading ends unless it is paid. */
  readsUntil: Date
  graceDays: number
  /** Whether that moment has come. */
  isOver: boolean
}

/** null: nothing is overdue. */
export function overdueOf(subscription: SpanFacts, grace: Grace, now: Date): Overdue | null {
  if (subscription.state !== 'past_due') return null
  const { endsAt, runsOnUntil } = spanOf(subscription, grace)
  const readsUntil = runsOnUntil ?? endsAt
  const since = endsAt <= now ? endsAt : null
  return { since, readsUntil, graceDays: grace.pastDueDays, isOver: readsUntil <= now }
}
