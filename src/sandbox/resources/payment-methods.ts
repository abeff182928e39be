import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import { attachPaymentMethod } from '../payments/attach-payment-method.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { listObjects, pagination } from '../wire/list.ts'
import { clearable, integer, metadata, object, oneOf, required, text } from '../wire/parameters.ts'
import { address, toAddress } from './addresses.ts'
import { named } from './find.ts'

const kind = 'payment_method'

export const paymentMethodEndpoints = [
  endpoint(
    'GET',
    '/v1/payment_methods',
    kind,
    { ...pagination, customer: text(), type: oneOf('card') },
    ({ work }, params) =>
      listObjects(work, kind, params, {
        url: '/v1/payment_methods',
        refs: { customer: params.customer, type: params.type },
      }),
  ),
  endpoint('GET', '/v1/payment_methods/{id}', kind, {}, async ({ work, id }) => {
    return (await named(work, kind, id, { param: 'payment_method' })).data
  }),
  endpoint(
    'POST',
    '/v1/payment_methods/{id}',
    kind,
    {
      billing_details: object({
        address: clearable(address()),
        email: clearable(text()),
        name: clearable(text()),
        phone: clearable(text()),
      }),
      card: object({ exp_month: integer(1, 12), exp_year: integer(2000, 2199) }),
      metadata: metadata(),
    },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'payment_method', take: true })
      const { address, ...details } = params.billing_details ?? {}
      return work.change(
        kind,
        id,
        {
          billing_details: {
            ...data.billing_details,
            ...given(details),
            ...(address === undefined ? {} : { address: toAddress(address ?? {}) }),
          },
          ...(data.card && params.card ? { card: { ...data.card, ...given(params.card) } } : {}),
          metadata: mergeMetadata(data.metadata ?? {}, params.metadata),
        },
        'payment_method.updated',
      )
    },
  ),
  endpoint(
    'POST',
    '/v1/payment_methods/{id}/attach',
    kind,
    { customer: required(text()) },
    async ({ work, id }, params) => {
      const customer = await work.take('customer', params.customer)
      if (!customer || customer.deleted)
        throw invalid(`No such customer: '${params.customer}'`, 'customer', 'resource_missing')
      return attachPaymentMethod(work, id, params.customer)
    },
  ),
  endpoint('POST', '/v1/payment_methods/{id}/detach', kind, {}, async ({ work, id }) => {
    const { data } = await named(work, kind, id, { param: 'payment_method', take: true })
    if (!data.customer) {
      throw invalid(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
        'payment_method',
      )
    }
    const detached = work.change(kind, id, { customer: null })
    work.tell('payment_method.detached', detached, data)
    return detached
  }),
]
