import { given } from '../objects/given.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import { confirmSetUp, type SetUpConfirmation } from '../payments/confirm-setup.ts'
import { methodTypes } from '../payments/method-types.ts'
import { addSetUp } from '../payments/setup-intents.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, clearable, list, metadata, object, oneOf, required, text } from '../wire/parameters.ts'
import { named, referred } from './find.ts'
import { mandateData } from './mandates.ts'

const kind = 'setup_intent'

export const setupIntentEndpoints = [
  endpoint(
    'POST',
    '/v1/setup_intents',
    kind,
    {
      allowed_payment_method_types: list(oneOf(...methodTypes)),
      automatic_payment_methods: object({
        allow_redirects: oneOf('always', 'never'),
        enabled: required(boolean()),
      }),
      confirm: boolean(),
      customer: text(),
      description: text(1000),
      mandate_data: mandateData,
      metadata: metadata(),
      payment_method: text(),
      return_url: text(),
      usage: oneOf('off_session', 'on_session'),
    },
    async ({ work }, params) => {
      if (params.customer) {
        await referred(work, 'customer', params.customer, 'customer')
        await work.take('customer', params.customer)
      }
      const { id } = addSetUp(work, {
        customer: params.customer ?? null,
        paymentMethod: null,
        metadata: newMetadata(params.metadata),
        allowedTypes: params.allowed_payment_method_types ?? null,
      })
      const { description = null, usage = 'off_session' } = params
      const intent = work.change(kind, id, { description, usage })
      if (params.confirm) return confirmSetUp(work, id, confirmationOf(params))
      if (!params.payment_method) return intent
      await referred(work, 'payment_method', params.payment_method, 'payment_method')
      return work.change(kind, id, { payment_method: params.payment_method, status: 'requires_confirmation' })
    },
  ),
  endpoint(
    'GET',
    '/v1/setup_intents',
    kind,
    { ...pagination, created, customer: text(), payment_method: text() },
    ({ work }, params) =>
      listObjects(work, kind, params, {
        url: '/v1/setup_intents',
        refs: { customer: params.customer, payment_method: params.payment_method },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/setup_intents/{id}', kind, {}, async ({ work, id }) => {
    return (await named(work, kind, id, { param: 'intent' })).data
  }),
  endpoint(
    'POST',
    '/v1/setup_intents/{id}',
    kind,
    { description: clearable(text(1000)), metadata: metadata() },
    async ({ work, id }, { metadata, ...plain }) => {
      const { data } = await named(work, kind, id, { param: 'intent', take: true })
      return work.change(kind, id, {
        ...given(plain),
        metadata: mergeMetadata(data.metadata ?? {}, metadata),
      })
    },
  ),
  endpoint(
    'POST',
    '/v1/setup_intents/{id}/confirm',
    kind,
    { mandate_data: mandateData, payment_method: text(), return_url: text() },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'intent' })
      if (data.customer) await work.take('customer', data.customer)
      await work.take(kind, id)
      return confirmSetUp(work, id, confirmationOf(params))
    },
  ),
  endpoint(
    'POST',
    '/v1/setup_intents/{id}/cancel',
    kind,
    { cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer') },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'intent', take: true })
      if (data.status === 'succeeded' || data.status === 'canceled') {
        throw invalid(
          `You cannot cancel this SetupIntent because it has a status of ${data.status}.`,
          undefined,
          'setup_intent_unexpected_state',
        )
      }
      const canceled = work.change(kind, id, {
        cancellation_reason: params.cancellation_reason ?? null,
        next_action: null,
        status: 'canceled',
      })
      work.tell('setup_intent.canceled', canceled)
      return canceled
    },
  ),
]

function confirmationOf(params: {
  mandate_data: object | undefined
  payment_method: string | undefined
  return_url: string | undefined
}): SetUpConfirmation {
  return {
    paymentMethod: params.payment_method,
    returnUrl: params.return_url,
    mandate: params.mandate_data !== undefined,
  }
}
