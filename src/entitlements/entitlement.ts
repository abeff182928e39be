import type { Hold } from '../db/tables/subscriptions.ts'
import { isLiving, type Subscription, type SubscriptionState } from '../subscriptions/subscription.ts'

/** The right to read something from one moment until another, with its source. */
export interface Entitlement {
  id: string
  readerId: string
  /** Slugs of the collections that it opens. */
  opens: string[]
  source: 'subscription' | 'order'
  orderId: string
  subscriptionId: string | null
  startsAt: Date
  /** null: without end. */
  endsAt: Date | null
  /** Past `endsAt`, while a renewal is drawn up and charged; null: it does not run on. */
  runsOnUntil: Date | null
  /** Why it opens nothing; null: nothing stands in the way. */
  held: Hold | null
}

/** How long reading goes on past what is paid for. */
export interface Grace {
  /** While Stripe says active: it drafts a renewal's invoice at the period's end and charges it about an hour later. */
  renewalDays: number
  /** While Stripe says past_due and tries the card again. */
  pastDueDays: number
}

export type EntitlementState = 'coming' | 'open' | 'running_on' | 'held' | 'ended'

/** What an entitlement is worth at `now`. */
export function stateAt(entitlement: Entitlement, now: Date): EntitlementState {
  const { startsAt, endsAt, runsOnUntil, held } = entitlement
  if (held) return 'held'
  if (now < startsAt) return 'coming'
  if (!endsAt || now < endsAt) return 'open'
  return runsOnUntil && now < runsOnUntil ? 'running_on' : 'ended'
}

/** Until when a subscription opens what it opens, from what Stripe last said of it. */
export function spanOf(subscription: Subscription, grace: Grace): { endsAt: Date; runsOnUntil: Date | null } {
  const { state, endsAt, endedAt } = subscription
  const until = later(subscription.paidUntil, subscription.givenUntil)
  if (!isLiving(state)) return { endsAt: earlier(until, endedAt), runsOnUntil: null }
  if (endsAt && endsAt <= until) return { endsAt, runsOnUntil: null }
  return { endsAt: until, runsOnUntil: runsOn(state, until, grace) }
}

function runsOn(state: SubscriptionState, until: Date, grace: Grace): Date | null {
  if (state === 'active' || state === 'trialing') return plusDays(until, grace.renewalDays)
  return state === 'past_due' ? plusDays(until, grace.pastDueDays) : null
}

function later(a: Date, b: Date | null): Date {
  return b && b > a ? b : a
}

function earlier(a: Date, b: Date | null): Date {
  return b && b < a ? b : a
}

function plusDays(at: Date, days: number): Date {
  return new Date(at.getTime() + days * 86_400_000)
}
