import type { Transaction } from '../db/database.ts'
import type { LedgerAccount } from '../db/tables/ledger.ts'
import { add, currencyCode, isZero, type Money, money } from '../money/money.ts'

/**
 * What an account holds of an order, `stripe_balance` unless told: one amount for each currency, by its code; zero
 * amounts are absent.
 */
export async function balanceOf(
  db: Transaction,
  orderId: string,
  account: LedgerAccount = 'stripe_balance',
): Promise<Money[]> {
  const rows = await db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['currency', 'amount'])
    .where('order_id', '=', orderId)
    .where('account', '=', account)
    .execute()
  return byCurrency(rows.map(({ currency, amount }) => money(amount, currency)))
}

/** One sum for each currency, by its code; zero sums are absent. */
export function byCurrency(amounts: Money[]): Money[] {
  const sums = new Map<string, Money>()
  for (const amount of amounts) {
    const known = sums.get(currencyCode(amount))
    sums.set(currencyCode(amount), known ? add(known, amount) : amount)
  }
  return [...sums].toSorted(([a], [b]) => a.localeCompare(b)).flatMap(([, sum]) => (isZero(sum) ? [] : [sum]))
}
