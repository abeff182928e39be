import type { CurrencyOption } from '../objects/hidden.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'

type Price = Shapes['price']

/** A price as it is in a currency, to reckon with; null: it has no amount in that one. */
export async function findPriceIn(work: Work, price: Price, currency: string): Promise<Price | null> {
  if (price.currency === currency) return price
  const option = (await work.find('price', price.id))?.hidden.options?.[currency]
  if (!option) return null
  const { tax_behavior, unit_amount, unit_amount_decimal } = option
  return {
    ...price,
    currency,
    tax_behavior: tax_behavior ?? price.tax_behavior,
    unit_amount,
    unit_amount_decimal,
  }
}

/** The same; throws the API's 400 where the price has no amount in that currency. */
export async function priceIn(work: Work, price: Price, currency: string, at: string): Promise<Price> {
  const found = await findPriceIn(work, price, currency)
  if (found) return found
  throw invalid(
    `The price specified supports currencies of \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
    at,
  )
}

/** What a price costs in each of its currencies, its own included, as `expand` shows it. */
export async function currencyOptions(
  work: Work,
  id: string,
): Promise<Record<string, CurrencyOption> | undefined> {
  const stored = await work.find('price', id)
  if (!stored) return undefined
  const { currency, custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal } = stored.data
  const own = { custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal }
  return { [currency]: own, ...stored.hidden.options }
}
