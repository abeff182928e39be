import type { Shapes } from '../objects/shapes.ts'

/** Minor units of so many of a price; fractions of a minor unit are rounded once, at the end. */
export function amountOf(price: Shapes['price'], quantity: number): number {
  return Math.round(Number(price.unit_amount_decimal ?? price.unit_amount ?? 0) * quantity)
}

/** Currencies in which the API's smallest unit is the whole, or a thousandth: https://docs.stripe.com/currencies (read 2026-11-22). */
const zeroDecimal = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ')
const threeDecimal = 'BHD JOD KWD OMR TND'.split(' ')

/** How many digits a currency's minor units have after the point. */
export function digitsOf(currency: string): number {
  const code = currency.toUpperCase()
  return zeroDecimal.includes(code) ? 0 : threeDecimal.includes(code) ? 3 : 2
}

/** An amount as people read it: $130.00. */
export function formatAmount(amount: number, currency: string): string {
  const code = currency.toUpperCase()
  const digits = digitsOf(code)
  return formatOf(code, digits).format(amount / 10 ** digits)
}

/** Making one takes longer than all else in drafting an invoice. */
const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string, digits: number): Intl.NumberFormat {
  const known = formats.get(currency)
  if (known) return known
  const made = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  formats.set(currency, made)
  return made
}

/** What a recurring price is paid for: "month", or "3 months"; null for one that does not recur. */
export function formatInterval(price: Shapes['price']): string | null {
  if (!price.recurring) return null
  const { interval, interval_count } = price.recurring
  return interval_count === 1 ? interval : `${interval_count} ${interval}s`
}
