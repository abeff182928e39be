import { activePrice } from '../billing/active-price.ts'
import { amountOf } from '../billing/amounts.ts'
import { worthOf } from '../billing/discounts.ts'
import { priceIn } from '../billing/price-in.ts'
import { type PricedLine, priceLines } from '../billing/price-lines.ts'
import type { HiddenSession, LineItem } from '../objects/hidden.ts'
import { newId } from '../objects/ids.ts'
import { newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { addPrice } from '../resources/add-price.ts'
import { addProduct } from '../resources/add-product.ts'
import { referred } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'
import type { SessionParams } from './session-fields.ts'

type Session = Shapes['checkout.session']
type ItemParams = NonNullable<SessionParams['line_items']>[number]

/** The lines that a request asks for, not yet priced. Throws the API's 400 for a price that cannot be sold like this. */
export async function readLines(work: Work, params: SessionParams): Promise<LineItem[]> {
  const lines: LineItem[] = []
  for (const [index, item] of (params.line_items ?? []).entries()) {
    lines.push(await readLine(work, item, params.currency?.toLowerCase(), `line_items[${index}]`))
  }
  if (lines.length === 0)
    throw invalid('Missing required param: line_items.', 'line_items', 'parameter_missing')
  refuseMixture(lines, params.mode)
  return lines
}

async function readLine(
  work: Work,
  item: ItemParams,
  wanted: string | undefined,
  at: string,
): Promise<LineItem> {
  const price = await priceOf(work, item, at)
  const { currency } = await priceIn(work, price, wanted ?? price.currency, `${at}[price]`)
  const product = await referred(work, 'product', price.product, `${at}[price]`)
  const quantity = item.quantity ?? 1
  if (quantity < 1) {
    throw invalid(
      'This value must be greater than or equal to 1.',
      `${at}[quantity]`,
      'parameter_invalid_integer',
    )
  }
  return {
    id: newId('li_'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: 0,
    amount_tax: 0,
    amount_total: 0,
    currency,
    description: product.data.name,
    metadata: newMetadata(item.metadata),
    price,
    quantity,
  }
}

async function priceOf(work: Work, item: ItemParams, at: string): Promise<Shapes['price']> {
  if (item.price && item.price_data) {
    throw invalid('You may only specify one of these parameters: price, price_data.', `${at}[price]`)
  }
  if (item.price_data) return inlinePrice(work, item.price_data, at)
  if (!item.price) throw invalid(`Missing required param: ${at}[price].`, `${at}[price]`, 'parameter_missing')
  return activePrice(work, item.price, `${at}[price]`)
}

/** A price described on the spot is made like any other, but cannot be used again. */
async function inlinePrice(work: Work, data: NonNullable<ItemParams['price_data']>, at: string) {
  const { product, product_data, ...rest } = data
  if ((product === undefined) === (product_data === undefined)) {
    throw invalid(
      `You must specify either \`product\` or \`product_data\`.`,
      `${at}[price_data][product]`,
      'parameter_missing',
    )
  }
  const owner =
    product ?? (await addProduct(work, { ...product_data, name: product_data?.name ?? '', active: false })).id
  return addPrice(work, { ...rest, product: owner, active: false })
}

function refuseMixture(lines: LineItem[], mode: SessionParams['mode']): void {
  const recurring = lines.filter((line) => line.price?.type === 'recurring')
  if (mode === 'payment' && recurring.length > 0) {
    throw invalid(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      'line_items',
    )
  }
  if (mode === 'subscription' && recurring.length === 0) {
    throw invalid(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      'line_items',
    )
  }
  const intervals = new Set(
    recurring.map((line) => `${line.price?.recurring?.interval_count} ${line.price?.recurring?.interval}`),
  )
  if (intervals.size > 1) {
    throw invalid('Checkout does not support multiple prices with different billing intervals.', 'line_items')
  }
  if (new Set(lines.map((line) => line.currency)).size > 1) {
    throw invalid('All prices on a Checkout Session must use the same currency.', 'line_items')
  }
}

/** A session's lines and sums for a place of residence (null: not known), with the discounts it has now. */
export async function priceSession(
  work: Work,
  session: Session,
  hidden: HiddenSession,
  country: string | null,
): Promise<{ lines: LineItem[]; sums: Pick<Session, 'amount_subtotal' | 'amount_total' | 'total_details'> }> {
  const trial = hidden.subscriptionData.trialDays !== null || hidden.subscriptionData.trialEnd !== null
  const own = await Promise.all(hidden.lines.map((line) => ownPrice(work, line)))
  const subtotals = hidden.lines.map((line, index) =>
    trial && line.price?.recurring ? 0 : subtotalOf(own[index] ?? null, line),
  )
  const discounts = (await couponsOf(work, session)).map(worthOf)
  const taxCountry = session.automatic_tax.enabled ? country : null
  const priced = priceLines(
    hidden.lines.map((line, index) => ({
      subtotal: subtotals[index] ?? 0,
      product: line.price?.product ?? '',
      taxInclusive: own[index]?.tax_behavior === 'inclusive',
      discountable: true,
    })),
    discounts,
    taxCountry,
  )
  const lines = hidden.lines.map((line, index) => withAmounts(line, priced[index]))
  const sum = (of: (line: LineItem) => number) => lines.reduce((total, line) => total + of(line), 0)
  const sums = {
    amount_subtotal: sum((line) => line.amount_subtotal),
    amount_total: sum((line) => line.amount_total),
    total_details: {
      amount_discount: sum((line) => line.amount_discount),
      amount_shipping: 0,
      amount_tax: sum((line) => line.amount_tax),
    },
  }
  return { lines, sums }
}

/** The price of a line in the line's currency; null where it has none. */
export async function ownPrice(work: Work, { price, currency }: LineItem): Promise<Shapes['price'] | null> {
  return price && priceIn(work, price, currency, 'line_items')
}

function subtotalOf(price: Shapes['price'] | null, { quantity }: LineItem): number {
  return price ? amountOf(price, quantity ?? 1) : 0
}

function withAmounts(line: LineItem, priced: PricedLine | undefined): LineItem {
  if (!priced) return line
  return {
    ...line,
    amount_discount: priced.discount,
    amount_subtotal: priced.subtotal,
    amount_tax: priced.tax?.amount ?? 0,
    amount_total: priced.total,
  }
}

/** The coupons behind a session's discounts. */
export async function couponsOf(work: Work, session: Session): Promise<Stored<'coupon'>[]> {
  const coupons: Stored<'coupon'>[] = []
  for (const discount of session.discounts ?? []) {
    const code = discount.promotion_code ? await work.find('promotion_code', discount.promotion_code) : null
    const coupon = await work.find('coupon', code?.data.promotion.coupon ?? discount.coupon ?? '')
    if (coupon && !coupon.deleted) coupons.push(coupon)
  }
  return coupons
}
