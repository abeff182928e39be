import { add, currencyCode, isZero, type Money, negate, subtract, zero } from '../money/money.ts'
import { type Earnings, earnedOf, type Sale } from './earned.ts'
import { type Month, monthOf } from './month.ts'

export interface EarnedRow {
  month: Month
  /** What was paid in this month less what was given back in it, without tax, after discounts. */
  sold: Money
  earned: Money
  /** What was paid until its end and not yet earned: reading that is still owed. */
  deferred: Money
}

export interface EarnedTable {
  /** Counts more sales in. */
  count: (sales: Sale[]) => void
  /** One table for each currency, by its code, from its first month to its last, without gaps. */
  tables: () => { currency: string; rows: EarnedRow[] }[]
}

/** What all sales earn by month of the publication's zone. In the last month, nothing is deferred any more. */
export function openEarnedTable(zone: string): EarnedTable {
  const sums = new Map<string, { sold: Earnings; earned: Earnings }>()
  const sumsOf = (amount: Money) => {
    const known = sums.get(currencyCode(amount)) ?? { sold: new Map(), earned: new Map() }
    sums.set(currencyCode(amount), known)
    return known
  }
  const countOne = (sale: Sale) => {
    for (const [at, amount] of paymentsOf(sale)) put(sumsOf(amount).sold, monthOf(at, zone), amount)
    for (const [month, amount] of earnedOf(sale, zone)) put(sumsOf(amount).earned, month, amount)
  }
  return {
    count: (sales) => sales.forEach(countOne),
    tables: () =>
      [...sums]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([currency, { sold, earned }]) => ({ currency, rows: rowsOf(currency, sold, earned) })),
  }
}

function paymentsOf({ paidAt, terms, refunds }: Sale): [Date, Money][] {
  return [
    ...terms.map(({ amount }): [Date, Money] => [paidAt, amount]),
    ...refunds.map(({ amount, at }): [Date, Money] => [at, negate(amount)]),
    ...refunds.flatMap(({ amount, undoneAt }): [Date, Money][] => (undoneAt ? [[undoneAt, amount]] : [])),
  ]
}

function rowsOf(currency: string, sold: Earnings, earned: Earnings): EarnedRow[] {
  const months = [...sold.keys(), ...earned.keys()]
  const first = Math.min(...months)
  const rows: EarnedRow[] = []
  let deferred = zero(currency)
  for (let month = first; month <= Math.max(...months); month++) {
    const row = { sold: sold.get(month) ?? zero(currency), earned: earned.get(month) ?? zero(currency) }
    deferred = subtract(add(deferred, row.sold), row.earned)
    rows.push({ month, ...row, deferred })
  }
  return rows
}

function put(sums: Earnings, month: Month, amount: Money): void {
  if (isZero(amount)) return
  const known = sums.get(month)
  sums.set(month, known ? add(known, amount) : amount)
}
