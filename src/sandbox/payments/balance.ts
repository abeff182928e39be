import { exchange } from '../account/exchange-rates.ts'
import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

type Transaction = Shapes['balance_transaction']

/** What arrives, in minor units of the currency in which the account is paid. */
export interface Settled {
  amount: number
  exchanged: boolean
}
export interface Fee {
  /** Minor units of the currency in which the account is paid. */
  amount: number
  description: string
}

export interface NewTransaction {
  /** Minor units; negative where money leaves. */
  amount: number
  currency: string
  /** What it costs; absent: nothing. */
  fees?: (settled: Settled) => Fee[]
  source: string
  type: Transaction['type']
  description: string | null
  /** The money can be had now instead of in two days. */
  atOnce?: boolean
}

/** Adds what a charge, refund or dispute did to the balance, exchanged where the account settles in another currency. */
export function addBalanceTransaction(work: Work, given: NewTransaction): Transaction {
  const settlement = work.account.settlement_currency ?? given.currency
  const { amount, currency, rate } = exchange(given.amount, given.currency, settlement, work.now)
  const fees = given.fees?.({ amount, exchanged: rate !== null }) ?? []
  const fee = fees.reduce((sum, one) => sum + one.amount, 0)
  const transaction: Transaction = {
    id: newId('txn_'),
    object: 'balance_transaction',
    amount,
    available_on: given.atOnce ? work.now : work.now + 2 * 86_400,
    balance_type: 'payments',
    created: work.now,
    currency,
    description: given.description,
    exchange_rate: rate,
    fee,
    fee_details: fees.map((one) => ({ ...one, application: null, currency, type: 'stripe_fee' })),
    net: amount - fee,
    reporting_category: categories[given.type] ?? given.type,
    source: given.source,
    status: given.atOnce ? 'available' : 'pending',
    type: given.type,
  }
  return work.put('balance_transaction', transaction, {})
}

const categories: Partial<Record<Transaction['type'], string>> = { adjustment: 'dispute' }
