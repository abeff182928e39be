import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { clearable, metadata, text } from '../wire/parameters.ts'
import { named } from './find.ts'

const kind = 'payment_intent'

export const paymentIntentEndpoints = [
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
  endpoint(
    'GET',
    '/v1/payment_intents/{id}',
    kind,
    {},
    async ({ work, id }) => (await named(work, kind, id, { param: 'intent' })).data,
  ),
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
]
