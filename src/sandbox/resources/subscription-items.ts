import { changeSubscription } from '../billing/change-subscription.ts'
import { nothingChanged } from '../billing/nothing-changed.ts'
import { prorationFields, type SubscriptionChanges } from '../billing/subscription-fields.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { missing } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { pagination } from '../wire/list.ts'
import { integer, metadata, oneOf, required, text } from '../wire/parameters.ts'
import { pageOfLines } from './checkout-sessions.ts'
import { referred } from './find.ts'

const kind = 'subscription_item'
type Item = Shapes['subscription']['items']['data'][number]
const fields = {
  ...prorationFields,
  metadata: metadata(),
  payment_behavior: oneOf('allow_incomplete', 'error_if_incomplete'),
  price: text(),
  quantity: integer(1, 999_999),
}

/** Items are kept in their subscriptions: each of these is a change of one. */
export const subscriptionItemEndpoints = [
  endpoint(
    'GET',
    '/v1/subscription_items',
    kind,
    { ...pagination, subscription: required(text()) },
    async ({ work }, { subscription, ...params }) => {
      const { data } = await referred(work, 'subscription', subscription, 'subscription')
      return pageOfLines(data.items.data, params, '/v1/subscription_items')
    },
  ),
  endpoint(
    'POST',
    '/v1/subscription_items',
    kind,
    { ...fields, subscription: required(text()) },
    async ({ work }, params) => {
      const { subscription, metadata, price, quantity, ...rest } = params
      const before = await itemsOf(work, subscription)
      const items = await change(work, subscription, rest, {
        deleted: undefined,
        id: undefined,
        metadata,
        price,
        quantity,
      })
      return items.find((item) => !before.some((old) => old.id === item.id)) ?? items
    },
  ),
  endpoint(
    'GET',
    '/v1/subscription_items/{id}',
    kind,
    {},
    async ({ work, id }) => (await find(work, id)).item,
  ),
  endpoint('POST', '/v1/subscription_items/{id}', kind, fields, async ({ work, id }, params) => {
    const { metadata, price, quantity, ...rest } = params
    const { subscription } = await find(work, id)
    const items = await change(work, subscription, rest, {
      deleted: undefined,
      id,
      metadata,
      price,
      quantity,
    })
    return items.find((item) => item.id === id) ?? items
  }),
  endpoint('DELETE', '/v1/subscription_items/{id}', kind, prorationFields, async ({ work, id }, params) => {
    const { subscription } = await find(work, id)
    const rest = { ...params, payment_behavior: undefined }
    await change(work, subscription, rest, {
      deleted: true,
      id,
      metadata: undefined,
      price: undefined,
      quantity: undefined,
    })
    return { id, object: kind, deleted: true }
  }),
]

async function find(work: Work, id: string): Promise<{ item: Item; subscription: string }> {
  const [stored] = await work.list('subscription', { item: id }, 1)
  const item = stored?.data.items.data.find((one) => one.id === id)
  if (!stored || !item) throw missing('subscription_item', id, 'item', 404)
  return { item, subscription: stored.data.id }
}

async function itemsOf(work: Work, subscription: string): Promise<Item[]> {
  return (await referred(work, 'subscription', subscription, 'subscription')).data.items.data
}

async function change(
  work: Work,
  subscription: string,
  how: Pick<SubscriptionChanges, 'proration_behavior' | 'proration_date' | 'payment_behavior'>,
  item: NonNullable<SubscriptionChanges['items']>[number],
): Promise<Item[]> {
  const { data } = await referred(work, 'subscription', subscription, 'subscription')
  await work.take('customer', data.customer)
  const changed = await changeSubscription(work, subscription, { ...nothingChanged, ...how, items: [item] })
  return changed.items.data
}
