import type { CurrencyOption } from '../objects/hidden.ts'
import { newId } from '../objects/ids.ts'
import { newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import {
  decimal,
  integer,
  map,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'
import { referred } from './find.ts'

/** Amounts in other currencies, by currency. */
export const currencyOptionFields = map(
  object({
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
    unit_amount: integer(0),
    unit_amount_decimal: decimal(),
  }),
)
type OptionParams = NonNullable<ReturnType<typeof currencyOptionFields.read>>

/** The parameters of a price wherever one is described. */
export const unitPriceFields = {
  currency: required(text()),
  metadata: metadata(),
  recurring: object({
    interval: required(oneOf('day', 'month', 'week', 'year')),
    interval_count: integer(1),
    trial_period_days: integer(0),
    usage_type: oneOf('licensed'),
  }),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  unit_amount: integer(0),
  unit_amount_decimal: decimal(),
}
type UnitPrice = Partial<Values<typeof unitPriceFields>> & { currency: string }

export interface NewPrice extends UnitPrice {
  product: string
  active?: boolean | undefined
  currency_options?: OptionParams | undefined
  lookup_key?: string | undefined
  nickname?: string | undefined
  /** Takes the lookup key from the price that has it. */
  transfer_lookup_key?: boolean | undefined
}

/** Adds a price and tells of it. Throws the API's 400 for a product, amount or lookup key that will not do. */
export async function addPrice(work: Work, params: NewPrice): Promise<Shapes['price']> {
  const product = await referred(work, 'product', params.product, 'product')
  const amount = params.unit_amount ?? params.unit_amount_decimal
  if (amount === undefined) {
    throw invalid('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing')
  }
  if (!/^[a-zA-Z]{3}$/.test(params.currency))
    throw invalid(`Invalid currency: ${params.currency}.`, 'currency')
  const id = newId('price_')
  if (params.lookup_key)
    await claimLookupKey(work, params.lookup_key, params.transfer_lookup_key ?? false, id)
  const price: Shapes['price'] = {
    id,
    object: 'price',
    active: params.active ?? true,
    billing_scheme: 'per_unit',
    created: work.now,
    currency: params.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: params.lookup_key ?? null,
    metadata: newMetadata(params.metadata),
    nickname: params.nickname ?? null,
    product: product.data.id,
    recurring: params.recurring ? recurringOf(params.recurring) : null,
    tax_behavior: params.tax_behavior ?? 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: params.recurring ? 'recurring' : 'one_time',
    unit_amount: Number.isInteger(amount) ? amount : null,
    unit_amount_decimal: String(amount),
  }
  const { currency_options } = params
  work.put('price', price, currency_options ? { options: optionsOf(currency_options, price.currency) } : {})
  work.tell('price.created', price)
  return price
}

/** Throws the API's 400 for an option without an amount, or in the price's own currency. */
export function optionsOf(params: OptionParams, own: string): Record<string, CurrencyOption> {
  const entries = Object.entries(params).map(([name, option]) => {
    const at = `currency_options[${name}]`
    const amount = option.unit_amount ?? option.unit_amount_decimal
    if (!/^[a-zA-Z]{3}$/.test(name) || name.toLowerCase() === own)
      throw invalid(`Invalid currency: ${name}.`, at)
    if (amount === undefined)
      throw invalid(`Missing required param: ${at}[unit_amount].`, at, 'parameter_missing')
    return [
      name.toLowerCase(),
      {
        custom_unit_amount: null,
        tax_behavior: option.tax_behavior ?? 'unspecified',
        unit_amount: Number.isInteger(amount) ? amount : null,
        unit_amount_decimal: String(amount),
      },
    ]
  })
  return Object.fromEntries(entries)
}

function recurringOf(recurring: NonNullable<UnitPrice['recurring']>): Shapes['price']['recurring'] {
  return {
    interval: recurring.interval,
    interval_count: recurring.interval_count ?? 1,
    meter: null,
    trial_period_days: recurring.trial_period_days ?? null,
    usage_type: 'licensed',
  }
}

/** A lookup key belongs to one price: it moves only when asked to, and the price that lost it is told of. */
export async function claimLookupKey(work: Work, key: string, transfer: boolean, id: string): Promise<void> {
  await work.hold(`lookup key ${key}`)
  const [holder] = await work.list('price', { lookup_key: key }, 1)
  if (!holder || holder.data.id === id) return
  if (!transfer) {
    throw invalid(
      `A price (\`${holder.data.id}\`) already uses that lookup key. To transfer it, pass \`transfer_lookup_key\`.`,
      'lookup_key',
      'resource_already_exists',
    )
  }
  await work.take('price', holder.data.id)
  work.change('price', holder.data.id, { lookup_key: null }, 'price.updated')
}
