import { given } from '../objects/given.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { cancelDebit } from '../payments/cancel-debit.ts'
import { type Confirmation, confirmIntent, refuseState } from '../payments/confirm-intent.ts'
import { methodTypes } from '../payments/method-types.ts'
import { addPaymentIntent } from '../payments/payment-intents.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import {
  boolean,
  clearable,
  either,
  integer,
  list,
  metadata,
  object,
  oneOf,
  required,
  text,
} from '../wire/parameters.ts'
import { named, referred } from './find.ts'
import { mandateData } from './mandates.ts'

const kind = 'payment_intent'
const confirmFields = {
  mandate_data: mandateData,
  off_session: either(oneOf('one_off', 'recurring'), boolean()),
  payment_method: text(),
  return_url: text(),
}
const newFields = {
  ...confirmFields,
  allowed_payment_method_types: list(oneOf(...methodTypes)),
  amount: required(integer(1)),
  automatic_payment_methods: object({
    allow_redirects: oneOf('always', 'never'),
    enabled: required(boolean()),
  }),
  capture_method: oneOf('automatic', 'automatic_async'),
  confirm: boolean(),
  currency: required(text(3)),
  customer: text(),
  description: text(1000),
  metadata: metadata(),
  receipt_email: text(),
  setup_future_usage: oneOf('off_session', 'on_session'),
  statement_descriptor: text(22),
}

export const paymentIntentEndpoints = [
  endpoint('POST', '/v1/payment_intents', kind, newFields, async ({ work }, params) => {
    if (params.customer) {
      await referred(work, 'customer', params.customer, 'customer')
      await work.take('customer', params.customer)
    }
    if (params.amount < 50 && params.currency.toLowerCase() === 'usd') {
      throw invalid('Amount must be at least $0.50 usd', 'amount', 'amount_too_small')
    }
    const intent = addPaymentIntent(work, {
      amount: params.amount,
      currency: params.currency.toLowerCase(),
      customer: params.customer ?? null,
      metadata: newMetadata(params.metadata),
      description: params.description ?? null,
      receiptEmail: params.receipt_email ?? null,
      statementDescriptor: params.statement_descriptor ?? null,
      setupFutureUsage: params.setup_future_usage ?? null,
      allowedTypes: params.allowed_payment_method_types ?? null,
    })
    if (params.confirm) return confirmIntent(work, intent.id, confirmationOf(params))
    if (!params.payment_method) return intent
    await referred(work, 'payment_method', params.payment_method, 'payment_method')
    return work.change(kind, intent.id, {
      payment_method: params.payment_method,
      status: 'requires_confirmation',
    })
  }),
  endpoint(
    'GET',
    '/v1/payment_intents',
    kind,
    { ...pagination, created, customer: text() },
    ({ work }, params) =>
      listObjects(work, kind, params, {
        url: '/v1/payment_intents',
        refs: { customer: params.customer },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/payment_intents/{id}', kind, {}, async ({ work, id }) => {
    return (await named(work, kind, id, { param: 'intent' })).data
  }),
  endpoint(
    'POST',
    '/v1/payment_intents/{id}',
    kind,
    { description: clearable(text(1000)), metadata: metadata(), receipt_email: clearable(text()) },
    async ({ work, id }, { metadata, ...plain }) => {
      const { data } = await named(work, kind, id, { param: 'intent', take: true })
      // The API tells nobody of a change that moves no money.
      return work.change(kind, id, { ...given(plain), metadata: mergeMetadata(data.metadata, metadata) })
    },
  ),
  endpoint('POST', '/v1/payment_intents/{id}/confirm', kind, confirmFields, async ({ work, id }, params) => {
    await takeWithCustomer(work, id)
    return confirmIntent(work, id, confirmationOf(params))
  }),
  endpoint(
    'POST',
    '/v1/payment_intents/{id}/cancel',
    kind,
    { cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer') },
    async ({ work, id }, params) => {
      await takeWithCustomer(work, id)
      const intent = work.held(kind, id)
      refuseState(
        intent,
        ['requires_payment_method', 'requires_confirmation', 'requires_action', 'processing'],
        'cancel',
      )
      if ((await work.list('invoice_payment', { payment_intent: id })).length > 0) throw ofAnInvoice()
      await cancelDebit(work, id)
      const canceled = work.change(kind, id, {
        canceled_at: work.now,
        cancellation_reason: params.cancellation_reason ?? null,
        next_action: null,
        status: 'canceled',
      })
      work.tell('payment_intent.canceled', canceled)
      return canceled
    },
  ),
]

function confirmationOf(params: {
  off_session: 'one_off' | 'recurring' | boolean | undefined
  payment_method: string | undefined
  return_url: string | undefined
  mandate_data: object | undefined
}): Confirmation {
  return {
    paymentMethod: params.payment_method,
    offSession: params.off_session !== undefined && params.off_session !== false,
    returnUrl: params.return_url,
    mandate: params.mandate_data !== undefined,
  }
}

async function takeWithCustomer(work: Work, id: string): Promise<void> {
  const { data } = await named(work, kind, id, { param: 'intent' })
  if (data.customer) await work.take('customer', data.customer)
  await named(work, kind, id, { param: 'intent', take: true })
}

function ofAnInvoice(): ApiError {
  return new ApiError(400, {
    type: 'invalid_request_error',
    message: 'You cannot cancel PaymentIntents created by invoices. Instead, void the associated invoice.',
  })
}
