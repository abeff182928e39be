import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { refundCharge } from '../payments/refund-charge.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { integer, metadata, oneOf, text } from '../wire/parameters.ts'
import { named, referred, taken } from './find.ts'

export const refundEndpoints = [
  endpoint(
    'POST',
    '/v1/refunds',
    'refund',
    {
      amount: integer(),
      charge: text(),
      metadata: metadata(),
      payment_intent: text(),
      reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
    },
    async ({ work }, params) => {
      const charge = await chargeToRefund(work, params)
      return refundCharge(work, charge, {
        amount: params.amount ?? null,
        reason: params.reason ?? null,
        metadata: newMetadata(params.metadata),
      })
    },
  ),
  endpoint(
    'GET',
    '/v1/refunds',
    'refund',
    { ...pagination, charge: text(), created, payment_intent: text() },
    ({ work }, params) =>
      listObjects(work, 'refund', params, {
        url: '/v1/refunds',
        refs: { charge: params.charge, payment_intent: params.payment_intent },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/refunds/{id}',
    'refund',
    {},
    async ({ work, id }) => (await named(work, 'refund', id)).data,
  ),
  endpoint('POST', '/v1/refunds/{id}', 'refund', { metadata: metadata() }, async ({ work, id }, params) => {
    const { data } = await named(work, 'refund', id, { take: true })
    return work.change(
      'refund',
      id,
      { metadata: mergeMetadata(data.metadata ?? {}, params.metadata) },
      'refund.updated',
    )
  }),
]

/** The charge that a request names, or the one that paid the intent it names; taken, after its customer. */
async function chargeToRefund(
  work: Work,
  params: { charge: string | undefined; payment_intent: string | undefined },
): Promise<string> {
  if ((params.charge === undefined) === (params.payment_intent === undefined)) {
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
      'payment_intent',
      'parameter_missing',
    )
  }
  const id = params.charge ?? (await chargeOf(work, params.payment_intent ?? ''))
  const { data } = await referred(work, 'charge', id, 'charge')
  if (data.customer) await work.take('customer', data.customer)
  return (await taken(work, 'charge', id, 'charge')).data.id
}

async function chargeOf(work: Work, intentId: string): Promise<string> {
  const { data } = await referred(work, 'payment_intent', intentId, 'payment_intent')
  if (data.status === 'succeeded' && data.latest_charge) return data.latest_charge
  throw invalid(
    `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
    'payment_intent',
    'payment_intent_unexpected_state',
  )
}
