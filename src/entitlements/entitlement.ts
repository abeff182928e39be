import type { Hold } from '../db/tables/subscriptions.ts'
import { isLiving, type Subscription } from '../subscriptions/subscription.ts'

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
  /** Staff let it open again in spite of a full refund or a lost dispute. */
  released: boolean
}

/** How long reading goes on past what is paid for. */
export interface Grace {
  /** While Stripe says active: it drafts a renewal's invoice at the period's end and charges it about an hour later. */
  renewalDays: number
  /** While Stripe says past_due and tries the card again. */
  pastDueDays: number
}

export type EntitlementState = 'coming' | 'open' | 'running_on' | 'held' | 'ended'

/** A lost dispute and a line that staff ended are final, as far as we can know; the others may be undone. */
const stateWhileHeld: Record<Hold, EntitlementState> = {
  dispute: 'held',
  refund: 'held',
  dispute_lost: 'ended',
  line_ended: 'ended',
}

/** What an entitlement is worth at `now`. Every page asks it: numbers are compared faster than dates. */
export function stateAt(entitlement: Entitlement, now: Date): EntitlementState {
  if (entitlement.held) return stateWhileHeld[entitlement.held]
  const { startsAt, endsAt, runsOnUntil } = entitlement
  const at = now.getTime()
  if (at < startsAt.getTime()) return 'coming'
  if (!endsAt || at < endsAt.getTime()) return 'open'
  return runsOnUntil && at < runsOnUntil.getTime() ? 'running_on' : 'ended'
}

export interface Span {
  endsAt: Date
  runsOnUntil: Date | null
}

/** What an entitlement is once its subscription reaches as far as `span` and opens `opens`; what holds it goes on to. */
export function moved(entitlement: Entitlement, span: Span, opens: string[]): Entitlement {
  return { ...entitlement, ...span, opens }
}

/**
 * What an entitlement is when `wish` should stand in its way (null: nothing does). Staff's release lasts as long as what it
 * was given for, and a dispute is stronger; a line that staff ended stays so.
 */
export function withHold(entitlement: Entitlement, wish: Hold | null): Entitlement {
  if (entitlement.held === 'line_ended') return entitlement
  if (wish === null) return { ...entitlement, held: null, released: false }
  return { ...entitlement, held: entitlement.released && wish !== 'dispute' ? null : wish }
}

/** Lets it open again, or takes that back; `wish` as in `withHold`. */
export function withRelease(entitlement: Entitlement, released: boolean, wish: Hold | null): Entitlement {
  return withHold({ ...entitlement, released: released && wish !== null }, wish)
}

/** What of a subscription says how far it reaches. */
export type SpanFacts = Pick<
  Subscription,
  'state' | 'paidUntil' | 'givenUntil' | 'bankAsked' | 'endsAt' | 'endedAt'
>

/**
 * How long reading goes on while a bank is asked for a renewal: four business days in the USA, six in Europe
 * (https://support.stripe.com/questions/ach-direct-debit-payment-settlement-time and
 * .../changes-to-sepa-direct-debit-payment-behavior, read 2026-11-22), and holidays.
 */
const bankAnswerDays = 14

/** Until when a subscription opens what it opens, from what Stripe last said of it. */
export function spanOf(subscription: SpanFacts, grace: Grace): Span {
  const { state, endsAt, endedAt } = subscription
  const until = later(subscription.paidUntil, subscription.givenUntil)
  if (!isLiving(state)) return { endsAt: earlier(until, endedAt), runsOnUntil: null }
  if (endsAt && endsAt <= until) return { endsAt, runsOnUntil: null }
  return { endsAt: until, runsOnUntil: runsOn(subscription, until, grace) }
}

function runsOn({ state, bankAsked }: SpanFacts, until: Date, grace: Grace): Date | null {
  if (state === 'active' || state === 'trialing')
    return plusDays(until, bankAsked ? Math.max(bankAnswerDays, grace.renewalDays) : grace.renewalDays)
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
