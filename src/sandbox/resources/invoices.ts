import { mergeMetadata } from '../objects/metadata.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, clearable, metadata, object, oneOf, required, text } from '../wire/parameters.ts'
import { pageOfLines } from './checkout-sessions.ts'
import { named } from './find.ts'

export const invoiceEndpoints = [
  endpoint(
    'GET',
    '/v1/invoices',
    'invoice',
    {
      ...pagination,
      collection_method: oneOf('charge_automatically', 'send_invoice'),
      created,
      customer: text(),
      status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
      subscription: text(),
    },
    ({ work }, { collection_method, customer, status, subscription, ...params }) =>
      listObjects(work, 'invoice', params, {
        url: '/v1/invoices',
        refs: { collection_method, customer, status, subscription },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/invoices/{id}',
    'invoice',
    {},
    async ({ work, id }) => (await named(work, 'invoice', id, { param: 'invoice' })).data,
  ),
  endpoint(
    'POST',
    '/v1/invoices/{id}',
    'invoice',
    {
      auto_advance: boolean(),
      description: clearable(text(1500)),
      footer: clearable(text()),
      metadata: metadata(),
    },
    async ({ work, id }, params) => {
      const { data } = await named(work, 'invoice', id, { param: 'invoice', take: true })
      return work.change(
        'invoice',
        id,
        {
          auto_advance: params.auto_advance ?? data.auto_advance ?? false,
          description: params.description === undefined ? data.description : params.description,
          footer: params.footer === undefined ? data.footer : params.footer,
          metadata: mergeMetadata(data.metadata ?? {}, params.metadata),
        },
        'invoice.updated',
      )
    },
  ),
  endpoint('GET', '/v1/invoices/{id}/lines', 'line_item', pagination, async ({ work, id }, params) => {
    const { data } = await named(work, 'invoice', id, { param: 'invoice' })
    return pageOfLines(data.lines.data, params, `/v1/invoices/${id}/lines`)
  }),
]

const invoicePaymentFilters = {
  ...pagination,
  created,
  invoice: text(),
  payment: object({
    payment_intent: text(),
    payment_record: text(),
    type: required(oneOf('payment_intent', 'payment_record')),
  }),
  status: oneOf('canceled', 'open', 'paid'),
}

export const invoicePaymentEndpoints = [
  endpoint(
    'GET',
    '/v1/invoice_payments',
    'invoice_payment',
    invoicePaymentFilters,
    ({ work }, { invoice, payment, status, ...params }) =>
      listObjects(work, 'invoice_payment', params, {
        url: '/v1/invoice_payments',
        refs: { invoice, payment_intent: payment?.payment_intent, status },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/invoice_payments/{id}', 'invoice_payment', {}, async ({ work, id }) => {
    return (await named(work, 'invoice_payment', id)).data
  }),
]
