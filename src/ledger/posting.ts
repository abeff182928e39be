import type { LedgerAccount, PostingKind } from '../db/tables/ledger.ts'
import { isZero, type Money, negate } from '../money/money.ts'
import type { Term } from './bill.ts'

export type { LedgerAccount, PostingKind }

/** Every account with what it stands for, in words for people. */
export const accountTexts: Record<LedgerAccount, string> = {
  stripe_balance: 'Stripe’s balance',
  stripe_pending: 'On its way',
  sales: 'Sales at list price',
  discounts: 'Discounts',
  tax: 'Tax',
  fees: 'Fees',
  refunds: 'Refunds',
  disputes: 'Disputes',
  credit: 'Readers’ credit',
  exchange: 'Exchange',
}

export const accounts = Object.keys(accountTexts) as LedgerAccount[]

export const postingKindTexts: Record<PostingKind, string> = {
  payment: 'Payment',
  payment_undone: 'Payment undone',
  refund: 'Refund',
  refund_undone: 'Refund undone',
  arrival: 'Arrival',
  dispute: 'Dispute',
}

/** One line of a posting: what an account receives (positive) or gives (negative). */
export interface Entry {
  account: LedgerAccount
  amount: Money
}

/** One thing that happened to money. In each currency its entries add up to zero; the database refuses others. */
export interface Posting {
  orderId: string
  kind: PostingKind
  /** The cause's id at Stripe: with `kind` it names the posting, which is written once. */
  stripeId: string
  /** What took the money in question; null: nothing was taken. */
  paymentIntentId: string | null
  /** When it happened. */
  at: Date
  entries: Entry[]
  /** What a payment was for; none for other kinds. */
  terms: Term[]
}

/** The entries that move something; amounts of nothing are no entries. */
export function moving(entries: Entry[]): Entry[] {
  return entries.filter(({ amount }) => !isZero(amount))
}

/** What undoes these entries. */
export function reversed(entries: Entry[]): Entry[] {
  return entries.map(({ account, amount }) => ({ account, amount: negate(amount) }))
}
