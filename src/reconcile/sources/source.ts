import type Stripe from 'stripe'
import type { SessionFacts } from '../../checkout/read-session.ts'
import type { Transaction } from '../../db/database.ts'
import type { OrderState } from '../../db/tables/orders.ts'
import type { SubscriptionState } from '../../db/tables/subscriptions.ts'
import type { Money } from '../../money/money.ts'
import type { ReconcileDeps } from '../deps.ts'

/** What a comparison goes through, by the name of its source: Stripe's lists of what is ours, then our own rows. */
export interface Things {
  sessions: SessionThing
  subscriptions: Stripe.Subscription
  invoices: Stripe.Invoice
  charges: ChargeThing
  refunds: Stripe.Refund
  disputes: Stripe.Dispute
  balance: BalanceThing
  customers: { stripeCustomerId: string }
  'our orders': { id: string; number: string; state: OrderState }
  'our payments': { stripeSourceId: string; stripePaymentIntentId: string | null }
  'our subscriptions': OurSubscription
  'our refunds': { stripeRefundId: string }
  'our disputes': { stripeDisputeId: string }
  'our postings': { balanceTransactionId: string; orderId: string }
  'our customers': { stripeCustomerId: string }
}

/** A Checkout Session as a list has it, without its lines. */
export interface SessionThing {
  facts: SessionFacts
  orderId: string
  subscriptionId: string | null
}

/** A charge that took money, with the payment intent that it paid. */
export interface ChargeThing {
  charge: Stripe.Charge
  intent: Stripe.PaymentIntent
}

/** A balance transaction of a charge, a refund or a dispute, foreign ones included. */
export interface BalanceThing {
  id: string
  paymentIntentId: string
  net: Money
}

export interface OurSubscription {
  stripeSubscriptionId: string
  readerId: string
  state: SubscriptionState
  duplicate: boolean
  opens: string[]
  startedAt: Date
}

export type SourceName = keyof Things

/** What finders may ask besides the page that they are given. */
export interface Scan {
  deps: ReconcileDeps
  db: Transaction
  /** Of these ids of Stripe's, those that this comparison has met there. */
  seen: (stripeIds: string[]) => Promise<Set<string>>
}

/** For each source that a kind looks through: the subjects on a page that may differ. */
export type Finders = { [S in SourceName]?: (scan: Scan, things: Things[S][]) => Promise<string[]> }

export interface Page<T> {
  things: T[]
  /** Ids of Stripe's that are there, for what is asked later. */
  seen: string[]
  /** How many were looked at, foreign ones included. */
  looked: number
  /** Where the next page begins; null: this was the last. */
  next: string | null
}

/** A list, page by page, of what is not younger than `asOf`; `place` is the last page's `next`. */
export type Source<T> = (deps: ReconcileDeps, asOf: Date, place: string | null) => Promise<Page<T>>
