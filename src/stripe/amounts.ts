import { currencyOf } from '../money/currency.ts'
import { currencyCode, type Money, minorUnits, money } from '../money/money.ts'

/**
 * Stripe counts most currencies in their smallest unit, as we do. The exceptions, from
 * https://docs.stripe.com/currencies (read 2026-11-22): ISK and UGX have no decimals but are sent as if they had two,
 * and amounts in three-decimal currencies must end in 0.
 */
const sentWithTwoDecimals = new Set(['ISK', 'UGX'])

/** Our amount as Stripe's integer. Throws RangeError for a three-decimal amount that Stripe cannot take (1.005 KWD). */
export function toStripeAmount(amount: Money): number {
  const code = currencyCode(amount)
  if (sentWithTwoDecimals.has(code)) return minorUnits(amount) * 100
  if (currencyOf(code).exponent === 3 && minorUnits(amount) % 10 !== 0) {
    throw new RangeError(`Stripe takes ${code} in steps of ten: ${minorUnits(amount)}`)
  }
  return minorUnits(amount)
}

/**
 * Stripe's integer as Money; `currency` in either case. A fraction of a króna or shilling is rounded to the nearest whole
 * one, half away from zero: Stripe charges and refunds none
 * (https://support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds, read 2026-11-22), but charges
 * before 2023 bear some, and nothing says that what it computes (tax, fees, a line for part of a month) has none.
 */
export function fromStripeAmount(amount: number, currency: string): Money {
  const code = currency.toUpperCase()
  if (!sentWithTwoDecimals.has(code)) return money(amount, code)
  const whole = Math.round(Math.abs(amount) / 100)
  return money(amount < 0 && whole > 0 ? -whole : whole, code)
}
