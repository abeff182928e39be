import { cancelSubscription } from '../billing/cancel-subscription.ts'
import { changeSubscription } from '../billing/change-subscription.ts'
import { pauseSubscription, resumeSubscription } from '../billing/pause-subscription.ts'
import { startSubscription } from '../billing/start-subscription.ts'
import {
  cancellationDetails,
  newSubscriptionFields,
  subscriptionChanges,
} from '../billing/subscription-fields.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, object, oneOf, required, text } from '../wire/parameters.ts'
import { named, taken } from './find.ts'

const kind = 'subscription'
const statuses = [
  'active',
  'canceled',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const

export const subscriptionEndpoints = [
  endpoint('POST', '/v1/subscriptions', kind, newSubscriptionFields, async ({ work }, params) => {
    await taken(work, 'customer', params.customer, 'customer')
    return startSubscription(work, params)
  }),
  endpoint(
    'GET',
    '/v1/subscriptions',
    kind,
    {
      ...pagination,
      collection_method: oneOf('charge_automatically', 'send_invoice'),
      created,
      customer: text(),
      price: text(),
      status: oneOf(...statuses, 'all', 'ended'),
    },
    ({ work }, { collection_method, customer, price, status, ...params }) =>
      listObjects(work, kind, params, {
        url: '/v1/subscriptions',
        refs: { collection_method, customer, price },
        anyOf: statusRefs(status),
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/subscriptions/{id}',
    kind,
    {},
    async ({ work, id }) => (await named(work, kind, id)).data,
  ),
  endpoint('POST', '/v1/subscriptions/{id}', kind, subscriptionChanges, async ({ work, id }, params) => {
    const { data } = await named(work, kind, id)
    await work.take('customer', data.customer)
    return changeSubscription(work, id, params)
  }),
  endpoint(
    'DELETE',
    '/v1/subscriptions/{id}',
    kind,
    { cancellation_details: cancellationDetails, invoice_now: boolean(), prorate: boolean() },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id)
      await work.take('customer', data.customer)
      const stored = await work.take(kind, id)
      if (!stored || stored.data.status === 'canceled')
        throw invalid(`No such subscription: '${id}'`, 'id', 'resource_missing')
      return cancelSubscription(work, id, {
        reason: 'cancellation_requested',
        ...params.cancellation_details,
      })
    },
  ),
  endpoint(
    'POST',
    '/v1/subscriptions/{id}/pause',
    kind,
    { type: oneOf('subscription') },
    async ({ work, id }) => {
      await takeWithCustomer(work, id)
      return pauseSubscription(work, id)
    },
  ),
  endpoint(
    'POST',
    '/v1/subscriptions/{id}/resume',
    kind,
    { billing_cycle_anchor: object({ type: required(oneOf('now')) }) },
    async ({ work, id }) => {
      await takeWithCustomer(work, id)
      return resumeSubscription(work, id)
    },
  ),
]

async function takeWithCustomer(work: Work, id: string): Promise<void> {
  const { data } = await named(work, kind, id)
  await work.take('customer', data.customer)
  await work.take(kind, id)
}

/** Lists leave canceled ones out unless asked for. */
function statusRefs(status: string | undefined): string[] | undefined {
  if (status === 'all') return undefined
  if (status === 'ended') return ['status:canceled', 'status:incomplete_expired']
  if (status) return [`status:${status}`]
  return statuses.filter((one) => one !== 'canceled').map((one) => `status:${one}`)
}
