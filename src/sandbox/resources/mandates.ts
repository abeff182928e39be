import { endpoint } from '../wire/endpoint.ts'
import { object, oneOf, required, text, time } from '../wire/parameters.ts'
import { named } from './find.ts'

/** How a payer agreed that their account be debited. */
export const mandateData = object({
  customer_acceptance: required(
    object({
      accepted_at: time(),
      offline: object({}),
      online: object({ ip_address: required(text()), user_agent: required(text()) }),
      type: required(oneOf('offline', 'online')),
    }),
  ),
})

export const mandateEndpoints = [
  endpoint('GET', '/v1/mandates/{id}', 'mandate', {}, async ({ work, id }) => {
    return (await named(work, 'mandate', id, { param: 'mandate' })).data
  }),
]
