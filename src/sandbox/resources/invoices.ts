import { type Collected, collectInvoice } from '../billing/collect-invoice.ts'
import { draftInvoice } from '../billing/draft-invoice.ts'
import { endInvoice } from '../billing/end-invoice.ts'
import { finalizeInvoice } from '../billing/finalize-invoice.ts'
import { waitingItems } from '../billing/invoice-items.ts'
import { goOn } from '../billing/pass-invoice.ts'
import { previewFields, previewInvoice } from '../billing/preview-invoice.ts'
import { recoverSubscription } from '../billing/recover-subscription.ts'
import { settleInvoice } from '../billing/settle-invoice.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint, Refusal } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import {
  boolean,
  clearable,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'
import { pageOfLines } from './checkout-sessions.ts'
import { named, referred, taken } from './find.ts'

const kind = 'invoice'
const newFields = {
  auto_advance: boolean(),
  automatic_tax: object({ enabled: required(boolean()) }),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: text(3),
  customer: text(),
  days_until_due: integer(0),
  default_payment_method: text(),
  description: text(1500),
  footer: text(),
  metadata: metadata(),
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
  subscription: text(),
}
const payFields = {
  forgive: boolean(),
  off_session: boolean(),
  paid_out_of_band: boolean(),
  payment_method: text(),
}

export const invoiceEndpoints = [
  endpoint('POST', '/v1/invoices', kind, newFields, ({ work }, params) => makeInvoice(work, params)),
  endpoint('POST', '/v1/invoices/create_preview', kind, previewFields, ({ work }, params) =>
    previewInvoice(work, params),
  ),
  endpoint(
    'GET',
    '/v1/invoices',
    kind,
    {
      ...pagination,
      collection_method: oneOf('charge_automatically', 'send_invoice'),
      created,
      customer: text(),
      status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
      subscription: text(),
    },
    ({ work }, { collection_method, customer, status, subscription, ...params }) =>
      listObjects(work, kind, params, {
        url: '/v1/invoices',
        refs: { collection_method, customer, status, subscription },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/invoices/{id}', kind, {}, async ({ work, id }) => (await found(work, id)).data),
  endpoint(
    'POST',
    '/v1/invoices/{id}',
    kind,
    {
      auto_advance: boolean(),
      default_payment_method: text(),
      description: clearable(text(1500)),
      footer: clearable(text()),
      metadata: metadata(),
    },
    async ({ work, id }, params) => {
      const data = await takeInvoice(work, id)
      const changes: Partial<Shapes['invoice']> = {
        auto_advance: params.auto_advance ?? data.auto_advance ?? false,
        default_payment_method: params.default_payment_method ?? data.default_payment_method,
        description: params.description === undefined ? data.description : params.description,
        footer: params.footer === undefined ? data.footer : params.footer,
        metadata: mergeMetadata(data.metadata ?? {}, params.metadata),
      }
      return work.change(kind, id, changes, 'invoice.updated')
    },
  ),
  endpoint('DELETE', '/v1/invoices/{id}', kind, {}, async ({ work, id }) => {
    const data = await takeInvoice(work, id)
    refuseStatus(data, ['draft'], 'deleted')
    if (data.parent) throw invalid('You can’t delete invoices created by subscriptions.', 'invoice')
    work.tell('invoice.deleted', data)
    return work.remove(kind, id)
  }),
  endpoint('GET', '/v1/invoices/{id}/lines', 'line_item', pagination, async ({ work, id }, params) => {
    return pageOfLines((await found(work, id)).data.lines.data, params, `/v1/invoices/${id}/lines`)
  }),
  endpoint(
    'POST',
    '/v1/invoices/{id}/finalize',
    kind,
    { auto_advance: boolean() },
    async ({ work, id }, params) => {
      const data = await takeInvoice(work, id)
      if (data.status !== 'draft')
        throw invalid(
          'This invoice is already finalized, you can’t re-finalize a non-draft invoice.',
          'invoice',
          'invoice_not_editable',
        )
      await finalizeInvoice(work, id)
      if (params.auto_advance ?? data.auto_advance) await goOn(work, id)
      return work.held(kind, id)
    },
  ),
  endpoint('POST', '/v1/invoices/{id}/pay', kind, payFields, async ({ work, id }, params) => {
    if ((await takeInvoice(work, id)).status === 'draft') await finalizeInvoice(work, id)
    return payInvoice(work, id, params)
  }),
  endpoint('POST', '/v1/invoices/{id}/void', kind, {}, async ({ work, id }) => {
    refuseStatus(await takeInvoice(work, id), ['open', 'uncollectible'], 'voided')
    await refuseProcessing(work, id)
    return endInvoice(work, id, 'void')
  }),
  endpoint('POST', '/v1/invoices/{id}/mark_uncollectible', kind, {}, async ({ work, id }) => {
    refuseStatus(await takeInvoice(work, id), ['open'], 'marked as uncollectible')
    return endInvoice(work, id, 'uncollectible')
  }),
  endpoint('POST', '/v1/invoices/{id}/send', kind, {}, async ({ work, id }) => {
    if ((await takeInvoice(work, id)).status === 'draft') await finalizeInvoice(work, id)
    const sent = work.held(kind, id)
    work.tell('invoice.sent', sent)
    return sent
  }),
]

function found(work: Work, id: string) {
  return named(work, kind, id, { param: 'invoice' })
}

/** Takes an invoice after its customer. */
async function takeInvoice(work: Work, id: string): Promise<Shapes['invoice']> {
  const { data } = await found(work, id)
  if (data.customer) await work.take('customer', data.customer)
  return (await named(work, kind, id, { param: 'invoice', take: true })).data
}

function refuseStatus(invoice: Shapes['invoice'], statuses: string[], verb: string): void {
  if (statuses.includes(invoice.status ?? '')) return
  throw invalid(
    `This invoice cannot be ${verb}: it is ${invoice.status}, and only ${statuses.join(' or ')} invoices can.`,
    'invoice',
    'invoice_not_editable',
  )
}

/** What a bank was asked for cannot be called off by its invoice. */
async function refuseProcessing(work: Work, id: string): Promise<void> {
  const intent = (await work.find(kind, id))?.hidden.intent
  if (!intent || (await work.find('payment_intent', intent))?.data.status !== 'processing') return
  throw invalid('This invoice cannot be voided while its payment is processing.', 'invoice')
}

async function makeInvoice(work: Work, params: Values<typeof newFields>): Promise<Shapes['invoice']> {
  if (!params.customer) throw invalid('Missing required param: customer.', 'customer', 'parameter_missing')
  const customer = await taken(work, 'customer', params.customer, 'customer')
  const subscription = params.subscription
    ? (await referred(work, 'subscription', params.subscription, 'subscription')).data
    : null
  // Items that wait for the next invoice are put on it only where they are asked for, or for a subscription.
  const includes = params.pending_invoice_items_behavior === 'include' || subscription !== null
  const items = includes ? await waitingItems(work, customer.data.id, subscription?.id ?? null) : []
  const invoice = await draftInvoice(work, {
    customer: customer.data.id,
    currency: items[0]?.currency ?? params.currency?.toLowerCase() ?? subscription?.currency ?? 'usd',
    subscription,
    reason: 'manual',
    lines: [],
    items,
    discounts: [],
    automaticTax: params.automatic_tax?.enabled ?? false,
    period: { start: work.now, end: work.now },
    finalizesAt: params.auto_advance ? work.now + 3600 : null,
    metadata: newMetadata(params.metadata),
    description: params.description ?? null,
    collectionMethod: params.collection_method ?? 'charge_automatically',
  })
  return work.change(kind, invoice.id, {
    auto_advance: params.auto_advance ?? false,
    default_payment_method: params.default_payment_method ?? null,
    due_date: params.days_until_due === undefined ? null : work.now + params.days_until_due * 86_400,
    footer: params.footer ?? null,
  })
}

async function payInvoice(work: Work, id: string, params: Values<typeof payFields>) {
  const invoice = work.held(kind, id)
  if (invoice.status === 'paid') throw invalid('Invoice is already paid', 'invoice', 'invoice_already_paid')
  refuseStatus(invoice, ['open', 'uncollectible'], 'paid')
  if (params.paid_out_of_band) return payElsewhere(work, id)
  const paymentMethod = params.payment_method
    ? await referred(work, 'payment_method', params.payment_method, 'payment_method')
    : undefined
  const collected = await collectInvoice(work, id, {
    ...(paymentMethod ? { paymentMethod } : {}),
    onSession: params.off_session === false,
  })
  return collected.paid || collected.processing ? work.held(kind, id) : refused(collected)
}

async function payElsewhere(work: Work, id: string): Promise<Shapes['invoice']> {
  const paid = await settleInvoice(work, id)
  const subscription = paid.parent?.subscription_details?.subscription
  if (subscription && (await work.take('subscription', subscription))) recoverSubscription(work, subscription)
  return paid
}

function refused(collected: Extract<Collected, { paid: false }>): Refusal {
  if (collected.error) return new Refusal(402, collected.error)
  return new Refusal(400, {
    type: 'invalid_request_error',
    message:
      'There is no `default_payment_method` set on this Customer or Invoice. Please set either field to charge this Invoice.',
  })
}

const paymentFilters = {
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
    paymentFilters,
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
