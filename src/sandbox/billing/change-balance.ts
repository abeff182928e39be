import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

type BalanceChange = Shapes['customer_balance_transaction']

/** Raises a customer's balance (taken), or lowers it, which gives credit; on record, and told of. */
export function changeBalance(
  work: Work,
  customerId: string,
  change: Pick<BalanceChange, 'amount' | 'currency' | 'type'> & Partial<BalanceChange>,
): BalanceChange {
  const customer = work.held('customer', customerId)
  const ending_balance = customer.balance + change.amount
  const currency = customer.currency ?? change.currency
  work.change('customer', customerId, { balance: ending_balance, currency }, 'customer.updated')
  const transaction: BalanceChange = {
    id: newId('cbtxn_'),
    object: 'customer_balance_transaction',
    checkout_session: null,
    created: work.now,
    credit_note: null,
    customer: customerId,
    customer_account: null,
    description: null,
    ending_balance,
    invoice: null,
    livemode: false,
    metadata: {},
    ...change,
  }
  return work.put('customer_balance_transaction', transaction, {})
}
