import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

type Transaction = Shapes['balance_transaction']

export interface NewTransaction {
  /** Minor units; negative where money leaves. */
  amount: number
  fee: number
  feeDetails: Transaction['fee_details']
  currency: string
  source: string
  type: Transaction['type']
  description: string | null
  /** The money can be had now instead of in two days. */
  atOnce?: boolean
}

/** Adds what a charge, refund or dispute did to the balance. */
export function addBalanceTransaction(work: Work, given: NewTransaction): Transaction {
  const transaction: Transaction = {
    id: newId('txn_'),
    object: 'balance_transaction',
    amount: given.amount,
    available_on: given.atOnce ? work.now : work.now + 2 * 86_400,
    balance_type: 'payments',
    created: work.now,
    currency: given.currency,
    description: given.description,
    exchange_rate: null,
    fee: given.fee,
    fee_details: given.feeDetails,
    net: given.amount - given.fee,
    reporting_category: categories[given.type] ?? given.type,
    source: given.source,
    status: given.atOnce ? 'available' : 'pending',
    type: given.type,
  }
  return work.put('balance_transaction', transaction, {})
}

const categories: Partial<Record<Transaction['type'], string>> = { adjustment: 'dispute' }

/** The price of taking a card online in the US, 2.9% and 30 cents: https://stripe.com/pricing (read 2026-11-22). */
export function feeOf(
  amount: number,
  currency: string,
): { fee: number; details: Transaction['fee_details'] } {
  const fee = Math.min(amount, Math.round(amount * 0.029) + 30)
  const details = [
    { amount: fee, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' },
  ]
  return { fee, details }
}
