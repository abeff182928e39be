/** One side's account of an order, in the same words for both, so that they can be compared. */
export interface OrderRecord {
  id: string
  email: string
  /** What was paid, by what it was for: an invoice's id, else a payment intent's. Minor units. */
  payments: Map<string, number>
  /** By Stripe's id: "1300 succeeded". */
  refunds: Map<string, string>
  /** By Stripe's id: "13000 lost". */
  disputes: Map<string, string>
  /** What its movements came to in Stripe's balance, by currency in capitals; what comes to nothing is absent. */
  balance: Map<string, number>
  /** null: it began none. */
  subscription: SubscriptionRecord | null
}

export interface SubscriptionRecord {
  id: string
  state: string
  /** Stripe's id of the price that is billed. */
  price: string
  /** Seconds. */
  paidUntil: number
  /** Seconds; null: it renews. */
  endsAt: number | null
  endedAt: number | null
}

/** Stripe's account of an order, and what only Stripe can say of it. */
export interface StripeOrder extends OrderRecord {
  sessions: { id: string; status: string; paid: boolean; total: number; subtotal: number }[]
  /** Payment intents that were charged more than once with success. */
  chargedTwice: string[]
  /** When its first payment was, in seconds; null: nothing was paid. */
  paidAt: number | null
  /** In seconds; of the subscription. */
  startedAt: number | null
}

/** Our account of an order, and what only we say of it. */
export interface OurOrder extends OrderRecord {
  number: string
  state: string
  total: number
  subtotal: number
  refunded: number
  /** All of it was bought twice: there is no receipt. */
  duplicate: boolean
  /** What its duplicates took. */
  owed?: number
  /** `duplicate`: sold what its reader had, and is undone. */
  lines: { opens: string[]; kind: string; months: number; duplicate?: boolean }[]
  receipts: number
  /** What its subscription opens: that of the plan whose price Stripe bills. */
  billed: string[]
  /** Whether an article of each collection is open to its reader now, as the paywall decides. */
  readable: Map<string, boolean>
  readerId: string | null
}
