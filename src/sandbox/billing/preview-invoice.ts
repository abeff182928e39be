import { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import {
  boolean,
  either,
  integer,
  list,
  object,
  oneOf,
  required,
  text,
  time,
  type Values,
} from '../wire/parameters.ts'
import { changeSubscription } from './change-subscription.ts'
import type { Invoice } from './draft.ts'
import { nothingChanged } from './nothing-changed.ts'
import { renewSubscription } from './renew-subscription.ts'
import { startSubscription } from './start-subscription.ts'
import { prorationFields } from './subscription-fields.ts'

export const previewFields = {
  currency: text(3),
  customer: text(),
  preview_mode: oneOf('next', 'recurring'),
  subscription: text(),
  subscription_details: object({
    ...prorationFields,
    billing_cycle_anchor: object({ type: required(oneOf('now', 'unchanged')) }),
    cancel_at_period_end: boolean(),
    items: list(object({ deleted: boolean(), id: text(), price: text(), quantity: integer(1, 999_999) })),
    trial_end: either(oneOf('now'), time()),
  }),
}
type PreviewParams = Values<typeof previewFields>

/** The invoice that would come: rehearsed on a unit of work that is never written down. */
export async function previewInvoice(work: Work, params: PreviewParams): Promise<Invoice> {
  const rehearsal = new Work({ tx: work.tx, now: work.now, url: work.url, cause: work.cause })
  const id = params.subscription
    ? await rehearseChange(rehearsal, params.subscription, params)
    : await rehearseStart(rehearsal, params)
  return rehearsal.held('invoice', id)
}

async function rehearseChange(work: Work, id: string, params: PreviewParams): Promise<string> {
  const { data } = await referred(work, 'subscription', id, 'subscription')
  await work.take('customer', data.customer)
  await work.take('subscription', id)
  if (params.subscription_details) {
    await changeSubscription(
      work,
      id,
      { ...nothingChanged, ...withItems(params.subscription_details) },
      { pay: false },
    )
  }
  const changed = work.held('subscription', id)
  const invoicedNow = changed.latest_invoice !== data.latest_invoice ? changed.latest_invoice : null
  if (invoicedNow && params.preview_mode !== 'recurring') return invoicedNow
  if (changed.cancel_at !== null || changed.status === 'canceled') throw nothingUpcoming(data.customer)
  await renewSubscription(work, id)
  return work.held('subscription', id).latest_invoice ?? ''
}

function withItems(details: NonNullable<PreviewParams['subscription_details']>) {
  return { ...details, items: details.items?.map((item) => ({ ...item, metadata: undefined })) }
}

function nothingUpcoming(customer: string): ApiError {
  return new ApiError(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customer}`,
  })
}

async function rehearseStart(work: Work, params: PreviewParams): Promise<string> {
  const items = params.subscription_details?.items
  if (!params.customer) throw invalid('Missing required param: customer.', 'customer', 'parameter_missing')
  if (!items) throw nothingUpcoming(params.customer)
  await referred(work, 'customer', params.customer, 'customer')
  await work.take('customer', params.customer)
  const started = await startSubscription(work, {
    ...nothingChanged,
    billing_mode: undefined,
    cancel_at: undefined,
    currency: params.currency,
    customer: params.customer,
    items: items.map((item) => ({ metadata: undefined, price: item.price ?? '', quantity: item.quantity })),
    payment_behavior: 'default_incomplete',
    proration_behavior: undefined,
    trial_end: params.subscription_details?.trial_end,
    trial_from_plan: undefined,
    trial_period_days: undefined,
  })
  return started.latest_invoice ?? ''
}
