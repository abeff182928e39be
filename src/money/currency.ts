import * as iso4217 from 'dinero.js/currencies'
import { InvalidInput } from '../errors.ts'

export interface Currency {
  /** ISO 4217, upper case. */
  readonly code: string
  readonly base: 10
  /** How many decimal places its smallest unit stands at: USD 2, JPY 0, KWD 3. */
  readonly exponent: number
}

const currencies = new Map<string, Currency>(
  Object.values(iso4217).flatMap(({ code, base, exponent }) =>
    base === 10 ? [[code, { code, base, exponent }]] : [],
  ),
)

/** The currency of an ISO 4217 code in either case. Throws InvalidInput for one that is unknown or not decimal (MGA, MRU). */
export function currencyOf(code: string): Currency {
  const currency = currencies.get(code.toUpperCase())
  if (!currency) throw new InvalidInput(`“${code}” is not a currency that prices can be in.`)
  return currency
}

/** Every code that `currencyOf` takes. */
export const currencyCodes: readonly string[] = [...currencies.keys()]
