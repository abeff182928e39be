import { type Bill, splitTerms } from '../ledger/bill.ts'
import { minorUnits, subtract, zero } from '../money/money.ts'
import type { Order, OrderLine } from './order.ts'

/** What a paid order sold at once, where Stripe wrote no invoice. */
export function billOfOrder(order: Order, paidAt: Date): Bill {
  const { discount, tax, total, currency } = order
  const lines = order.lines.map((line) => ({ weight: minorUnits(line.total), months: monthsOf(line) }))
  const terms = splitTerms(subtract(total, tax), lines, paidAt)
  return { paid: total, credit: zero(currency), discount, tax, terms }
}

/**
 * A first bill of Stripe's with the months that were sold: its lines for what is paid once bear no period. As it is where
 * the order has no such line.
 */
export function lastingAsSold(bill: Bill, order: Order): Bill {
  const once = order.lines.filter(({ kind }) => kind !== 'subscription')
  const months = new Map(once.map((line) => [line.stripePriceId, monthsOf(line)]))
  const terms = bill.terms.map((term) => ({
    ...term,
    months: months.get(term.stripePriceId ?? null) ?? term.months,
  }))
  return { ...bill, terms }
}

/** Two passes last one after the other; two gifts are read at once, by two people. */
function monthsOf({ kind, interval, lastsMonths, quantity }: OrderLine): number {
  if (kind === 'subscription') return interval === 'year' ? 12 : 1
  return (lastsMonths ?? 1) * (kind === 'pass' ? quantity : 1)
}
