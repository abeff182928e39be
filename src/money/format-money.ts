import { InvalidInput } from '../errors.ts'
import { currencyOf } from './currency.ts'
import { currencyCode, type Money, money, toDecimal } from './money.ts'

/** For people: $130.00 in en-US, 130,00 $ in de-DE, ￥500 in ja-JP, −$4.07 with a true minus. Exact at any size. */
export function formatMoney(amount: Money, locale: string): string {
  const decimal = toDecimal(amount) as Intl.StringNumericLiteral
  const text = formatterFor(locale, currencyCode(amount)).format(decimal)
  return decimal.startsWith('-') ? text.replace('-', '−') : text
}

/**
 * The inverse of `formatMoney`; also takes the number without its symbol or grouping ("130.00" in en-US).
 * Throws InvalidInput for anything else, more decimals than the currency has included.
 */
export function parseMoney(text: string, currencyCode: string, locale: string): Money {
  const { exponent } = currencyOf(currencyCode)
  const decimal = toPlainNumber(text, currencyCode, locale)
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal)
  if (!match || (match[3] ?? '').length > exponent)
    throw new InvalidInput(`“${text}” is not an amount in ${currencyCode}.`)
  const [, sign = '', whole = '', fraction = ''] = match
  const digits = Number(whole + fraction.padEnd(exponent, '0'))
  if (!Number.isSafeInteger(digits)) throw new InvalidInput(`“${text}” is too large an amount.`)
  return money(sign ? -digits : digits, currencyCode)
}

const formatters = new Map<string, Intl.NumberFormat>()

function formatterFor(locale: string, code: string): Intl.NumberFormat {
  const key = `${locale} ${code}`
  const known = formatters.get(key)
  if (known) return known
  // The locale's own idea of a currency's decimals differs from ISO 4217's for some (IQD, LBP): ISO's is the exact one.
  const { exponent } = currencyOf(code)
  const digits = { minimumFractionDigits: exponent, maximumFractionDigits: exponent }
  const formatter = new Intl.NumberFormat(locale, { style: 'currency', currency: code, ...digits })
  formatters.set(key, formatter)
  return formatter
}

/** "-1234.5" from however the locale writes it: its symbol, grouping, decimal mark and digits. */
function toPlainNumber(text: string, code: string, locale: string): string {
  const formatter = formatterFor(locale, code)
  const marks = marksOf(formatter)
  let plain = text.replaceAll('−', '-')
  for (const drop of marks.dropped) plain = plain.replaceAll(drop, '')
  plain = plain.replace(/[\s\u200e\u200f\u061c]/gu, '')
  if (marks.decimal) plain = plain.replace(marks.decimal, '.')
  return [...plain].map((character) => marks.digits.get(character) ?? character).join('')
}

function marksOf(formatter: Intl.NumberFormat) {
  const parts = formatter.formatToParts(-1234567.891)
  const valuesOf = (type: string) => parts.filter((part) => part.type === type).map((part) => part.value)
  const { locale } = formatter.resolvedOptions()
  const digits = new Intl.NumberFormat(locale, { useGrouping: false }).format(9876543210)
  return {
    dropped: new Set([...valuesOf('currency'), ...valuesOf('group')]),
    decimal: valuesOf('decimal')[0],
    digits: new Map([...digits].map((character, index) => [character, String(9 - index)])),
  }
}
