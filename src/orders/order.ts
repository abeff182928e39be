import type { OrderState } from '../db/tables/orders.ts'
import type { Money } from '../money/money.ts'
import type { Interval, PlanKind } from '../plans/plan.ts'

export type { OrderState }

export interface OrderLine {
  planId: string
  priceId: string
  stripePriceId: string | null
  name: string
  kind: PlanKind
  interval: Interval | null
  lastsMonths: number | null
  opens: string[]
  quantity: number
  unitAmount: Money
  total: Money
}

/** The frozen record of one checkout, and what happened since. */
export interface Order {
  id: string
  number: string
  state: OrderState
  email: string
  /** null until the order of a new address is paid. */
  readerId: string | null
  /** Whether settling it made its reader: only then may its browser be signed in. */
  madeReader: boolean
  cartId: string | null
  browserHash: string
  browserSignedInAt: Date | null
  currency: string
  lines: OrderLine[]
  subtotal: Money
  /** Our estimate until it is paid, then Stripe's figure; likewise tax and total. */
  discount: Money
  tax: Money
  total: Money
  refunded: Money
  promotionCodeId: string | null
  fromArticle: string | null
  /** Counts the Checkout Sessions that were asked for. */
  attempt: number
  /** "Visa ending in 4242"; null: not known. */
  card: string | null
  /** When a slow bank was first asked for the money; null: it never was. */
  bankAskedAt: Date | null
  placedAt: Date
  paidAt: Date | null
  stripeCustomerId: string | null
  stripePaymentIntentId: string | null
  stripeSubscriptionId: string | null
}

/** What can happen to an order. */
export const happenings = [
  'paid',
  'payment_failed',
  'session_expired',
  'refunded_in_part',
  'refunded_in_full',
  'refund_undone',
  'disputed',
  'dispute_won',
  'payment_struck',
] as const

export type Happening = (typeof happenings)[number]

/** Money that arrives late still counts: a failed or expired order that Stripe says is paid is paid. */
const transitions: Record<OrderState, Partial<Record<Happening, OrderState>>> = {
  pending: { paid: 'paid', payment_failed: 'failed', session_expired: 'expired' },
  failed: { paid: 'paid' },
  expired: { paid: 'paid' },
  paid: {
    refunded_in_part: 'partly_refunded',
    refunded_in_full: 'refunded',
    disputed: 'disputed',
    payment_struck: 'failed',
  },
  partly_refunded: {
    refunded_in_part: 'partly_refunded',
    refunded_in_full: 'refunded',
    refund_undone: 'paid',
    disputed: 'disputed',
    payment_struck: 'failed',
  },
  refunded: {
    refunded_in_part: 'partly_refunded',
    refund_undone: 'paid',
    disputed: 'disputed',
    payment_struck: 'failed',
  },
  disputed: { dispute_won: 'paid', payment_struck: 'failed' },
}

/** The state after something happened; null where it changes nothing (a replay, say). */
export function nextState(state: OrderState, happening: Happening): OrderState | null {
  return transitions[state][happening] ?? null
}

export const orderStates = Object.keys(transitions) as OrderState[]

/** The state in words for people. */
export const orderStateTexts: Record<OrderState, string> = {
  pending: 'Waiting for payment',
  paid: 'Paid',
  failed: 'Payment failed',
  expired: 'Never paid',
  partly_refunded: 'Partly refunded',
  refunded: 'Refunded',
  disputed: 'Disputed',
}

/** The state in words, as far as the order tells: a bank can take days. */
export function orderStateText({ state, bankAskedAt }: Pick<Order, 'state' | 'bankAskedAt'>): string {
  return state === 'pending' && bankAskedAt ? 'The bank is being asked' : orderStateTexts[state]
}

/** The line that begins a subscription; null for an order without one. */
export function subscriptionLine(order: Order): { line: OrderLine; position: number } | null {
  const position = order.lines.findIndex((line) => line.kind === 'subscription')
  const line = order.lines[position]
  return line ? { line, position } : null
}
