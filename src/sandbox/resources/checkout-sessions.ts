import { createSession } from '../checkout/create-session.ts'
import { expireSession } from '../checkout/expire-session.ts'
import { sessionFields } from '../checkout/session-fields.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { metadata, object, oneOf, required, text } from '../wire/parameters.ts'
import { named } from './find.ts'

const kind = 'checkout.session'

export const checkoutSessionEndpoints = [
  endpoint('POST', '/v1/checkout/sessions', kind, sessionFields, ({ work }, params) =>
    createSession(work, params),
  ),
  endpoint(
    'GET',
    '/v1/checkout/sessions',
    kind,
    {
      ...pagination,
      created,
      customer: text(),
      customer_details: object({ email: required(text()) }),
      payment_intent: text(),
      status: oneOf('complete', 'expired', 'open'),
      subscription: text(),
    },
    ({ work }, { customer, customer_details, payment_intent, status, subscription, ...params }) =>
      listObjects(work, kind, params, {
        url: '/v1/checkout/sessions',
        refs: { customer, email: customer_details?.email, payment_intent, status, subscription },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/checkout/sessions/{id}', kind, {}, async ({ work, id }) => {
    return (await named(work, kind, id, { param: 'session' })).data
  }),
  endpoint(
    'POST',
    '/v1/checkout/sessions/{id}',
    kind,
    { metadata: metadata() },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'session', take: true })
      return work.change(kind, id, { metadata: mergeMetadata(data.metadata ?? {}, params.metadata) })
    },
  ),
  endpoint('POST', '/v1/checkout/sessions/{id}/expire', kind, {}, async ({ work, id }) => {
    const { data } = await named(work, kind, id, { param: 'session', take: true })
    if (data.status !== 'open') {
      throw invalid(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${data.status}\`.`,
      )
    }
    return expireSession(work, id)
  }),
  endpoint(
    'GET',
    '/v1/checkout/sessions/{id}/line_items',
    'item',
    pagination,
    async ({ work, id }, params) => {
      const { hidden } = await named(work, kind, id, { param: 'session' })
      return pageOfLines(hidden.lines, params, `/v1/checkout/sessions/${id}/line_items`)
    },
  ),
]

/** A page of a list that is kept inside its object. */
export function pageOfLines<T extends { id: string }>(
  lines: T[],
  page: { limit: number | undefined; starting_after: string | undefined; ending_before: string | undefined },
  url: string,
) {
  const limit = page.limit ?? 10
  const after = lines.findIndex((line) => line.id === page.starting_after) + 1
  const before = lines.findIndex((line) => line.id === page.ending_before)
  const reachable = page.ending_before ? lines.slice(0, Math.max(before, 0)) : lines.slice(after)
  const data = page.ending_before ? reachable.slice(-limit) : reachable.slice(0, limit)
  return { object: 'list', data, has_more: reachable.length > data.length, url }
}
