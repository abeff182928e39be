import type Stripe from 'stripe'
import type { Transaction } from '../db/database.ts'
import { byCurrency } from '../ledger/balance.ts'
import type { Movement } from '../ledger/movement.ts'
import { type Money, subtract } from '../money/money.ts'
import { intentsOf } from './follow-ledger.ts'
import { readMoney } from './read-money.ts'

/**
 * What Stripe's balance transactions of an order come to after fees: charges, refunds, refunds that failed and disputes,
 * one amount for each currency that they settled in, by its code; zero amounts are absent. To be held against `balanceOf`.
 */
export async function stripeBalanceOf(stripe: Stripe, db: Transaction, orderId: string): Promise<Money[]> {
  const movements: Movement[] = []
  for (const id of await intentsOf(db, orderId)) {
    const { charges, refunds, disputes } = await readMoney(stripe, id)
    movements.push(...charges, ...refunds.flatMap((refund) => refund.movements), ...disputes)
  }
  return byCurrency(movements.map(({ amount, fee }) => subtract(amount, fee)))
}
