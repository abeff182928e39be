import type Stripe from 'stripe'
import { add, allocate, isZero, type Money, subtract } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf, idOf } from '../stripe/client.ts'

/** So much of a payment, for so many months from then on. */
export interface Term {
  /** Without tax, after discounts; negative for time that a change of plan gives back. */
  amount: Money
  startsAt: Date
  months: number
  /** What it was billed for; absent: an invoice did not say. */
  stripePriceId?: string
}

/** What was sold for a payment. What it takes and the discount together are the list price and its tax. */
export interface Bill {
  /** What Stripe takes for it. */
  paid: Money
  /** What the reader's credit at Stripe pays of it; negative: what it adds to that credit. */
  credit: Money
  discount: Money
  tax: Money
  /** They add up to what was sold without tax, after discounts. */
  terms: Term[]
}

/** What a bill sells without tax, after discounts. */
export function netOf(bill: Bill): Money {
  return subtract(add(bill.paid, bill.credit), bill.tax)
}

/** What a paid invoice of Stripe billed. Its shape is of API version 2026-10-28. */
export function billOfInvoice(invoice: Stripe.Invoice): Bill {
  const amount = (value: number) => fromStripeAmount(value, invoice.currency)
  const paid = amount(invoice.amount_paid)
  const bill = {
    paid,
    credit: subtract(amount(invoice.total), paid),
    discount: amount(total(invoice.total_discount_amounts)),
    tax: amount(total(invoice.total_taxes)),
    terms: invoice.lines.data.map((line) => termOf(line)),
  }
  return { ...bill, terms: exactly(netOf(bill), bill.terms, dateOf(invoice.created)) }
}

/** A line's amount is before discounts, and includes the tax that prices include. */
function termOf(line: Stripe.InvoiceLineItem): Term {
  const included = (line.taxes ?? []).filter((tax) => tax.tax_behavior === 'inclusive')
  const amount = line.amount - total(line.discount_amounts) - total(included)
  const days = (line.period.end - line.period.start) / 86_400
  const stripePriceId = idOf(line.pricing?.price_details?.price)
  return {
    amount: fromStripeAmount(amount, line.currency),
    startsAt: dateOf(line.period.start),
    months: monthsIn(days),
    ...(stripePriceId ? { stripePriceId } : {}),
  }
}

/** A period as it is sold, in whole months: 28 to 31 days are one, a year is twelve. */
function monthsIn(days: number): number {
  return Math.max(1, Math.round(days / 30.4375))
}

/** An invoice shows its first lines only, and rounds tax as a whole: what is left over goes with the first term. */
function exactly(net: Money, terms: Term[], at: Date): Term[] {
  const [first = { amount: subtract(net, net), startsAt: at, months: 1 }, ...others] = terms
  const amount = subtract(
    net,
    others.reduce((rest, term) => add(rest, term.amount), subtract(net, net)),
  )
  return [{ ...first, amount }, ...others].filter((term) => !isZero(term.amount))
}

/** `net` over what was bought at once, by list price; what has no price counts as much as the rest. */
export function splitTerms(net: Money, lines: { weight: number; months: number }[], startsAt: Date): Term[] {
  const weights = lines.some(({ weight }) => weight > 0)
    ? lines.map(({ weight }) => weight)
    : lines.map(() => 1)
  const parts = lines.length > 0 ? allocate(net, weights) : []
  const terms = lines.map(({ months }, index) => ({ amount: parts[index] ?? net, startsAt, months }))
  return terms.filter((term) => !isZero(term.amount))
}

function total(amounts: readonly { amount: number }[] | null | undefined): number {
  return (amounts ?? []).reduce((all, { amount }) => all + amount, 0)
}
