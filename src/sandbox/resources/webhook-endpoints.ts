import { apiVersion } from '../events/api-version.ts'
import { given } from '../objects/given.ts'
import { newId, randomLetters } from '../objects/ids.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { listObjects, pagination } from '../wire/list.ts'
import { boolean, clearable, list, metadata, oneOf, required, text } from '../wire/parameters.ts'
import { named } from './find.ts'

const kind = 'webhook_endpoint'

export const webhookEndpointEndpoints = [
  endpoint(
    'POST',
    '/v1/webhook_endpoints',
    kind,
    {
      api_version: oneOf(apiVersion),
      description: clearable(text()),
      enabled_events: required(list(text())),
      metadata: metadata(),
      url: required(text()),
    },
    async ({ work }, params) => {
      refuseAddress(params.url)
      const secret = `whsec_${randomLetters(32)}`
      const made: Shapes['webhook_endpoint'] = {
        id: newId('we_'),
        object: 'webhook_endpoint',
        api_version: params.api_version ?? null,
        application: null,
        created: work.now,
        description: params.description ?? null,
        enabled_events: params.enabled_events,
        livemode: false,
        metadata: newMetadata(params.metadata),
        status: 'enabled',
        url: params.url,
      }
      work.put(kind, made, { secret })
      // The secret is shown this once.
      return { ...made, secret }
    },
  ),
  endpoint('GET', '/v1/webhook_endpoints', kind, pagination, ({ work }, params) =>
    listObjects(work, kind, params, { url: '/v1/webhook_endpoints' }),
  ),
  endpoint(
    'GET',
    '/v1/webhook_endpoints/{id}',
    kind,
    {},
    async ({ work, id }) => (await named(work, kind, id)).data,
  ),
  endpoint(
    'POST',
    '/v1/webhook_endpoints/{id}',
    kind,
    {
      description: clearable(text()),
      disabled: boolean(),
      enabled_events: list(text()),
      metadata: metadata(),
      url: text(),
    },
    async ({ work, id }, { disabled, metadata, ...plain }) => {
      const { data } = await named(work, kind, id, { take: true })
      if (plain.url) refuseAddress(plain.url)
      return work.change(kind, id, {
        ...given(plain),
        ...(disabled === undefined ? {} : { status: disabled ? 'disabled' : 'enabled' }),
        metadata: mergeMetadata(data.metadata, metadata),
      })
    },
  ),
  endpoint('DELETE', '/v1/webhook_endpoints/{id}', kind, {}, async ({ work, id }) => {
    await named(work, kind, id, { take: true })
    return work.remove(kind, id)
  }),
]

function refuseAddress(url: string): void {
  if (!/^https?:\/\/./.test(url))
    throw invalid('Invalid URL: an explicit scheme (such as https) must be provided.', 'url', 'url_invalid')
}
