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
  /** The end of the last period that was given away while collection was paused, in seconds; null: none was. */
  givenUntil: number | null
  /** Whether a bank is being asked for a renewal now. */
  bankAsked: boolean
  /** Seconds; null: it renews. */
  endsAt: number | null
  endedAt: number | null
}

/** Stripe's account of an order, and what only Stripe can say of it. */
export interface StripeOrder extends OrderRecord {
  sessions: SessionRecord[]
  /** Payment intents that were charged more than once with success. */
  chargedTwice: string[]
  /** When its first payment was, in seconds; null: nothing was paid. */
  paidAt: number | null
  /** In seconds; of the subscription. */
  startedAt: number | null
  /** Staff ended what its pass opens, which nothing at Stripe shows. */
  passEnded: boolean
}

/** `payment`: waiting while a bank is asked, failed where it said no; open: nobody was asked. */
export interface SessionRecord {
  id: string
  status: string
  payment: 'paid' | 'waiting' | 'failed' | 'open'
  total: number
  subtotal: number
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
