import { activePrice } from '../billing/active-price.ts'
import { amountOf } from '../billing/amounts.ts'
import { addInvoiceItem } from '../billing/invoice-items.ts'
import { priceIn } from '../billing/price-in.ts'
import { given } from '../objects/given.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, integer, metadata, object, required, text, time, type Values } from '../wire/parameters.ts'
import { named, referred, taken } from './find.ts'

const kind = 'invoiceitem'
const fields = {
  amount: integer(),
  currency: text(3),
  customer: text(),
  description: text(),
  discountable: boolean(),
  metadata: metadata(),
  period: object({ end: required(time()), start: required(time()) }),
  pricing: object({ price: text() }),
  quantity: integer(1),
  subscription: text(),
}

export const invoiceItemEndpoints = [
  endpoint('POST', '/v1/invoiceitems', kind, fields, ({ work }, params) => makeItem(work, params)),
  endpoint(
    'GET',
    '/v1/invoiceitems',
    kind,
    { ...pagination, created, customer: text(), invoice: text(), pending: boolean() },
    ({ work }, { customer, invoice, pending, ...params }) =>
      listObjects(work, kind, params, {
        url: '/v1/invoiceitems',
        refs: { customer, invoice, pending },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/invoiceitems/{id}',
    kind,
    {},
    async ({ work, id }) => (await waiting(work, id, false)).data,
  ),
  endpoint(
    'POST',
    '/v1/invoiceitems/{id}',
    kind,
    { amount: integer(), description: text(), discountable: boolean(), metadata: metadata() },
    async ({ work, id }, { metadata, ...plain }) => {
      const { data } = await waiting(work, id, true)
      return work.change(kind, id, {
        ...given(plain),
        metadata: mergeMetadata(data.metadata ?? {}, metadata),
      })
    },
  ),
  endpoint('DELETE', '/v1/invoiceitems/{id}', kind, {}, async ({ work, id }) => {
    const { data } = await waiting(work, id, true)
    work.tell('invoiceitem.deleted', data)
    return work.remove(kind, id)
  }),
]

/** An item; to change it, it must not be on an invoice yet. */
async function waiting(work: Work, id: string, change: boolean) {
  const stored = await named(work, kind, id, { param: 'invoiceitem', take: change })
  if (change && stored.data.invoice) {
    throw invalid('This invoice item is on an invoice already and can no longer be changed.', 'invoiceitem')
  }
  return stored
}

async function makeItem(work: Work, params: Values<typeof fields>): Promise<Shapes['invoiceitem']> {
  if (!params.customer) throw invalid('Missing required param: customer.', 'customer', 'parameter_missing')
  await taken(work, 'customer', params.customer, 'customer')
  if (params.subscription) await referred(work, 'subscription', params.subscription, 'subscription')
  const wanted = params.pricing?.price
  const found = wanted ? await activePrice(work, wanted, 'pricing[price]') : null
  const currency = params.currency?.toLowerCase() ?? found?.currency ?? 'usd'
  const price = found && (await priceIn(work, found, currency, 'pricing[price]'))
  if (price?.recurring) {
    throw invalid(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
      'pricing[price]',
    )
  }
  const quantity = params.quantity ?? 1
  const amount = params.amount ?? (price ? amountOf(price, quantity) : undefined)
  if (amount === undefined) throw invalid('Missing required param: amount.', 'amount', 'parameter_missing')
  return addInvoiceItem(work, {
    customer: params.customer,
    currency,
    amount,
    quantity,
    price,
    description: params.description ?? null,
    period: params.period ?? { start: work.now, end: work.now },
    proration: false,
    discountable: params.discountable ?? amount >= 0,
    metadata: newMetadata(params.metadata),
    subscription: params.subscription ?? null,
    subscriptionItem: null,
    invoice: null,
  })
}
