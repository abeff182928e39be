import { given } from '../objects/given.ts'
import { newId } from '../objects/ids.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'
import type { ConfigurationChanges, FeatureParams } from './configuration-fields.ts'

export type Configuration = Shapes['billing_portal.configuration']
type Features = Configuration['features']
const kind = 'billing_portal.configuration'

/** The configuration that portals have unless told otherwise: made when it is first needed. */
export async function defaultConfiguration(work: Work): Promise<Configuration> {
  await work.hold('portal configuration')
  const [existing] = await work.list(kind, { is_default: 'true' }, 1)
  if (existing) return existing.data
  return addConfiguration(work, { ...blank(work, true), features: atFirst })
}

/** Adds a configuration that sessions may name, and tells of it: what is not offered is off. */
export async function makeConfiguration(work: Work, params: ConfigurationChanges): Promise<Configuration> {
  const base = { ...blank(work, false), features: nothing }
  return addConfiguration(work, { ...base, ...(await changesOf(work, base, params)) })
}

/** Changes a configuration (taken), and tells of it. Throws the API's 400 for a default that is to be put out of use. */
export async function changeConfiguration(
  work: Work,
  id: string,
  params: ConfigurationChanges,
): Promise<Configuration> {
  const before = work.held(kind, id)
  if (before.is_default && params.active === false) {
    throw invalid('You cannot deactivate the default configuration.', 'active')
  }
  const changes = { ...(await changesOf(work, before, params)), updated: work.now }
  return work.change(kind, id, changes, 'billing_portal.configuration.updated')
}

function addConfiguration(work: Work, configuration: Configuration): Configuration {
  work.put(kind, configuration, {})
  work.tell('billing_portal.configuration.created', configuration)
  return configuration
}

async function changesOf(
  work: Work,
  before: Configuration,
  params: ConfigurationChanges,
): Promise<Partial<Configuration>> {
  const { active, business_profile, default_return_url, features, metadata, name } = params
  return {
    ...given({ active, default_return_url, name }),
    ...(business_profile
      ? { business_profile: { ...before.business_profile, ...given(business_profile) } }
      : {}),
    ...(features ? { features: await featuresOf(work, before.features, features) } : {}),
    metadata: mergeMetadata(before.metadata ?? {}, metadata),
  }
}

async function featuresOf(work: Work, before: Features, params: FeatureParams): Promise<Features> {
  const { customer_update: details, subscription_cancel: cancel, subscription_update: update } = params
  const { cancellation_reason: reason, ...cancelling } = cancel ?? {}
  if (update) await checkProducts(work, update)
  return {
    customer_update: {
      allowed_updates: details?.allowed_updates ?? before.customer_update.allowed_updates,
      enabled: details?.enabled ?? before.customer_update.enabled,
    },
    invoice_history: params.invoice_history ?? before.invoice_history,
    payment_method_update: { ...before.payment_method_update, ...params.payment_method_update },
    subscription_cancel: {
      ...before.subscription_cancel,
      ...given(cancelling),
      cancellation_reason: {
        ...before.subscription_cancel.cancellation_reason,
        ...(reason ? { enabled: reason.enabled, options: reason.options ?? [] } : {}),
      },
    },
    subscription_pause: {
      ...before.subscription_pause,
      enabled: params.subscription_pause?.enabled ?? before.subscription_pause.enabled,
    },
    subscription_update: update ? updatesOf(before, update) : before.subscription_update,
  }
}

type Update = NonNullable<FeatureParams['subscription_update']>

function updatesOf(before: Features, update: Update): Features['subscription_update'] {
  const { default_allowed_updates: allowed, products, ...plain } = update
  const adjustable_quantity = { enabled: false, maximum: null, minimum: 1 }
  return {
    ...before.subscription_update,
    ...given(plain),
    ...(allowed === undefined ? {} : { default_allowed_updates: allowed ?? [] }),
    ...(products === undefined
      ? {}
      : { products: (products ?? []).map((one) => ({ ...one, adjustable_quantity })) }),
  }
}

/** Throws the API's 400 where changes are switched on without anything to change to, or with what is not there. */
async function checkProducts(work: Work, update: Update): Promise<void> {
  const at = 'features[subscription_update]'
  if (update.enabled && (!update.products || !update.default_allowed_updates)) {
    const missing = update.products ? 'default_allowed_updates' : 'products'
    throw invalid(`Missing required param: ${at}[${missing}].`, `${at}[${missing}]`, 'parameter_missing')
  }
  for (const [index, { product, prices }] of (update.products ?? []).entries()) {
    await referred(work, 'product', product, `${at}[products][${index}][product]`)
    for (const id of prices) {
      const price = await referred(work, 'price', id, `${at}[products][${index}][prices]`)
      if (price.data.product === product && price.data.recurring) continue
      throw invalid(
        `The price ${id} is no recurring price of the product ${product}.`,
        `${at}[products][${index}][prices]`,
      )
    }
  }
}

function blank(work: Work, is_default: boolean): Omit<Configuration, 'features'> {
  return {
    id: newId('bpc_'),
    object: kind,
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: work.now,
    default_return_url: null,
    is_default,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: work.now,
  }
}

const nothing: Features = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: false,
    mode: 'at_period_end',
    proration_behavior: 'none',
  },
  subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    proration_behavior: 'none',
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: 'end_trial',
  },
}

const atFirst: Features = {
  ...nothing,
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: { ...nothing.subscription_cancel, enabled: true },
}
