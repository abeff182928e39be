import type { GeneratedAlways } from 'kysely'

export type PostingKind = 'payment' | 'payment_undone' | 'refund' | 'refund_undone' | 'arrival' | 'dispute'

export type LedgerAccount =
  | 'stripe_balance'
  | 'stripe_pending'
  | 'sales'
  | 'discounts'
  | 'tax'
  | 'fees'
  | 'refunds'
  | 'disputes'
  | 'credit'
  | 'exchange'

export interface LedgerTables {
  ledger_postings: {
    id: GeneratedAlways<number>
    order_id: string
    kind: PostingKind
    stripe_id: string
    stripe_payment_intent_id: string | null
    at: Date
    posted_at: Date
  }
  ledger_entries: {
    posting_id: number
    line: number
    account: LedgerAccount
    currency: string
    amount: number
  }
  ledger_terms: {
    posting_id: number
    line: number
    currency: string
    amount: number
    starts_at: Date
    months: number
  }
  ledger_intents: { stripe_payment_intent_id: string; order_id: string; noted_at: Date }
}
