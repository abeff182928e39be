import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { metadata, text } from '../wire/parameters.ts'
import { named } from './find.ts'

export const chargeEndpoints = [
  endpoint(
    'GET',
    '/v1/charges',
    'charge',
    { ...pagination, created, customer: text(), payment_intent: text() },
    ({ work }, params) =>
      listObjects(work, 'charge', params, {
        url: '/v1/charges',
        refs: { customer: params.customer, payment_intent: params.payment_intent },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/charges/{id}',
    'charge',
    {},
    async ({ work, id }) => (await named(work, 'charge', id)).data,
  ),
  endpoint(
    'POST',
    '/v1/charges/{id}',
    'charge',
    { description: text(), metadata: metadata(), receipt_email: text() },
    async ({ work, id }, { metadata, ...plain }) => {
      const { data } = await named(work, 'charge', id, { take: true })
      const changes = { ...given(plain), metadata: mergeMetadata(data.metadata, metadata) }
      return work.change('charge', id, changes, 'charge.updated')
    },
  ),
]
