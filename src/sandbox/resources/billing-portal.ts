import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { configurationChanges, newConfigurationFields } from '../portal/configuration-fields.ts'
import { changeConfiguration, defaultConfiguration, makeConfiguration } from '../portal/configurations.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { listObjects, pagination } from '../wire/list.ts'
import { boolean, integer, list, object, oneOf, required, text, type Values } from '../wire/parameters.ts'
import { named, referred } from './find.ts'

const configuration = 'billing_portal.configuration'
const session = 'billing_portal.session'
const afterCompletion = object({
  hosted_confirmation: object({ custom_message: text(500) }),
  redirect: object({ return_url: required(text()) }),
  type: required(oneOf('hosted_confirmation', 'portal_homepage', 'redirect')),
})
/** What a portal may be opened for; all but the first are about one subscription. */
const flows = [
  'payment_method_update',
  'subscription_cancel',
  'subscription_update',
  'subscription_update_confirm',
] as const
const fields = {
  configuration: text(),
  customer: text(),
  flow_data: object({
    after_completion: afterCompletion,
    subscription_cancel: object({ subscription: required(text()) }),
    subscription_update: object({ subscription: required(text()) }),
    subscription_update_confirm: object({
      items: required(list(object({ id: required(text()), price: text(), quantity: integer(1, 999_999) }))),
      subscription: required(text()),
    }),
    type: required(oneOf(...flows)),
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
  endpoint(
    'POST',
    '/v1/billing_portal/configurations',
    configuration,
    newConfigurationFields,
    ({ work }, params) => makeConfiguration(work, params),
  ),
  endpoint(
    'POST',
    '/v1/billing_portal/configurations/{id}',
    configuration,
    configurationChanges,
    async ({ work, id }, params) => {
      await named(work, configuration, id, { param: 'configuration', take: true })
      return changeConfiguration(work, id, params)
    },
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
  refuseSwitchedOff(used, params.flow_data?.type)
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

/** A portal cannot be opened for what its configuration does not offer. */
function refuseSwitchedOff(used: Shapes[typeof configuration], type: string | undefined): void {
  const feature = type === 'subscription_update_confirm' ? 'subscription_update' : (type ?? 'invoice_history')
  const { payment_method_update, subscription_cancel, subscription_update } = used.features
  const offered = { payment_method_update, subscription_cancel, subscription_update }
  if (!(feature in offered) || offered[feature as keyof typeof offered].enabled) return
  throw invalid(
    `This portal's configuration ${used.id} has ${feature} disabled; enable it to use this flow.`,
    'flow_data[type]',
  )
}

async function flowOf(work: Work, given: NonNullable<Params['flow_data']>, customer: string): Promise<Flow> {
  const { after_completion: completion, type } = given
  const about = flows
    .slice(1)
    .find((name) => name === type || given[name as keyof typeof given] !== undefined)
  const subscription = type === 'payment_method_update' ? undefined : given[type]?.subscription
  if ((about ?? 'payment_method_update') !== type || (about && !subscription)) {
    const at = `flow_data[${about}]`
    throw invalid(`Missing required param: ${at}[subscription].`, at, 'parameter_missing')
  }
  if (subscription) await checkOwner(work, subscription, customer, `flow_data[${type}][subscription]`)
  const confirm = given.subscription_update_confirm
  return {
    after_completion: {
      hosted_confirmation: completion?.hosted_confirmation
        ? { custom_message: completion.hosted_confirmation.custom_message ?? null }
        : null,
      redirect: completion?.redirect ?? null,
      type: completion?.type ?? 'portal_homepage',
    },
    customer_update: null,
    subscription_cancel: given.subscription_cancel ? { ...given.subscription_cancel, retention: null } : null,
    subscription_pause: null,
    subscription_update: given.subscription_update ?? null,
    subscription_update_confirm: confirm
      ? {
          discounts: null,
          items: confirm.items.map((item) => ({
            id: item.id,
            price: item.price ?? null,
            quantity: item.quantity ?? 1,
          })),
          subscription: confirm.subscription,
        }
      : null,
    type,
  }
}

async function checkOwner(work: Work, id: string, customer: string, at: string): Promise<void> {
  const { data } = await referred(work, 'subscription', id, at)
  if (data.customer !== customer) throw invalid(`The subscription ${id} is not this customer's.`, at)
}
