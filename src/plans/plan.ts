import type { Money } from '../money/money.ts'

export type PlanKind = 'subscription' | 'pass' | 'gift'
export type Interval = 'month' | 'year'

/** One amount of a plan in one currency. It never changes: another amount is another price. */
export interface Price {
  id: string
  amount: Money
  /** null: paid once. */
  interval: Interval | null
  /** Whether it is the one that the plan is sold at now. */
  active: boolean
  /** null: not made at Stripe yet. */
  stripePriceId: string | null
}

export interface Plan {
  id: string
  slug: string
  name: string
  summary: string
  kind: PlanKind
  /** Slugs of collections. */
  opens: string[]
  /** For a pass or a gift; null for a subscription, which lasts while it is paid. */
  lastsMonths: number | null
  active: boolean
  stripeProductId: string | null
}

/** A plan at what it is sold for now. */
export interface PlanOnSale extends Plan {
  price: Price
}

/** At most this many of one line. */
export const mostOfOneLine = 99

/** A reader's own plan is bought once; only a gift makes sense several times. */
export function largestQuantity(plan: Plan): number {
  return plan.kind === 'gift' ? mostOfOneLine : 1
}

/** "a year", "a month" or "once". */
export function perText(interval: Interval | null): string {
  return interval ? `a ${interval}` : 'once'
}

/** Why this plan cannot be paid for, in words for its buyer; null when it can. */
export function whyNotSold(plan: Plan): string | null {
  if (!plan.active) return `${plan.name} is no longer sold.`
  // Until gifts can be sent, paying for one must not open anything for the buyer.
  if (plan.kind === 'gift') return 'Gifts cannot be paid for yet.'
  return null
}
