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

/** Two passes last one after the other; two gifts are read at once, by two people. */
function monthsOf({ kind, interval, lastsMonths, quantity }: OrderLine): number {
  if (kind === 'subscription') return interval === 'year' ? 12 : 1
  return (lastsMonths ?? 1) * (kind === 'pass' ? quantity : 1)
}
