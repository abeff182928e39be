import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { defaultConfiguration } from '../portal/default-configuration.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { listObjects, pagination } from '../wire/list.ts'
import { boolean, object, oneOf, required, text, type Values } from '../wire/parameters.ts'
import { named, referred } from './find.ts'

const configuration = 'billing_portal.configuration'
const session = 'billing_portal.session'
const afterCompletion = object({
  hosted_confirmation: object({ custom_message: text(500) }),
  redirect: object({ return_url: required(text()) }),
  type: required(oneOf('hosted_confirmation', 'portal_homepage', 'redirect')),
})
const fields = {
  configuration: text(),
  customer: text(),
  flow_data: object({
    after_completion: afterCompletion,
    subscription_cancel: object({ subscription: required(text()) }),
    type: required(oneOf('payment_method_update', 'subscription_cancel')),
  }),
  locale: oneOf('auto', 'de', 'en', 'en-GB', 'es', 'fr'),
  return_url: text(),
}
type Params = Values<typeof fields>
type Flow = NonNullable<Shapes['billing_portal.session']['flow']>

export const billingPortalEndpoints = [
  endpoint('POST', '/v1/billing_portal/sessions', session, fields, ({ work }, params) =>
    openPortal(work, params),
  ),
  endpoint(
    'GET',
    '/v1/billing_portal/configurations',
    configuration,
    { ...pagination, active: boolean(), is_default: boolean() },
    ({ work }, { active, is_default, ...params }) =>
      listObjects(work, configuration, params, {
        url: '/v1/billing_portal/configurations',
        refs: { active, is_default },
      }),
  ),
  endpoint('GET', '/v1/billing_portal/configurations/{id}', configuration, {}, async ({ work, id }) => {
    return (await named(work, configuration, id, { param: 'configuration' })).data
  }),
]

async function openPortal(work: Work, params: Params): Promise<Shapes['billing_portal.session']> {
  if (!params.customer) throw invalid('Missing required param: customer.', 'customer', 'parameter_missing')
  const customer = await referred(work, 'customer', params.customer, 'customer')
  const used = params.configuration
    ? (await referred(work, configuration, params.configuration, 'configuration')).data
    : await defaultConfiguration(work)
  const id = newId('bps_')
  const opened: Shapes['billing_portal.session'] = {
    id,
    object: session,
    configuration: used.id,
    created: work.now,
    customer: customer.data.id,
    customer_account: null,
    flow: params.flow_data ? await flowOf(work, params.flow_data, customer.data.id) : null,
    livemode: false,
    locale: params.locale ?? null,
    on_behalf_of: null,
    return_url: params.return_url ?? null,
    url: `${work.url}/portal/${id}`,
  }
  work.put(session, opened, {})
  work.tell('billing_portal.session.created', opened)
  return opened
}

async function flowOf(work: Work, given: NonNullable<Params['flow_data']>, customer: string): Promise<Flow> {
  const wanted = given.subscription_cancel?.subscription
  if ((given.type === 'subscription_cancel') !== (wanted !== undefined)) {
    throw invalid(
      'Missing required param: flow_data[subscription_cancel][subscription].',
      'flow_data[subscription_cancel]',
      'parameter_missing',
    )
  }
  if (wanted) {
    const at = 'flow_data[subscription_cancel][subscription]'
    const { data } = await referred(work, 'subscription', wanted, at)
    if (data.customer !== customer) throw invalid(`The subscription ${wanted} is not this customer's.`, at)
  }
  const completion = given.after_completion
  return {
    after_completion: {
      hosted_confirmation: completion?.hosted_confirmation
        ? { custom_message: completion.hosted_confirmation.custom_message ?? null }
        : null,
      redirect: completion?.redirect ?? null,
      type: completion?.type ?? 'portal_homepage',
    },
    customer_update: null,
    subscription_cancel: wanted ? { retention: null, subscription: wanted } : null,
    subscription_pause: null,
    subscription_update: null,
    subscription_update_confirm: null,
    type: given.type,
  }
}
