import {
  boolean,
  clearable,
  list,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'

const reasons = [
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
] as const
const prorationBehavior = oneOf('always_invoice', 'create_prorations', 'none')

const cancel = object({
  cancellation_reason: object({
    enabled: required(boolean()),
    options: clearable(list(oneOf(...reasons))),
  }),
  enabled: required(boolean()),
  mode: oneOf('at_period_end', 'immediately'),
  proration_behavior: oneOf('none'),
})

const update = object({
  billing_cycle_anchor: oneOf('now', 'unchanged'),
  default_allowed_updates: clearable(list(oneOf('price'))),
  enabled: required(boolean()),
  products: clearable(list(object({ prices: required(list(text())), product: required(text()) }))),
  proration_behavior: prorationBehavior,
  trial_update_behavior: oneOf('continue_trial', 'end_trial'),
})

/** What a portal may offer; logging in without a session, quantities and schedules are not served. */
const features = object({
  customer_update: object({
    allowed_updates: clearable(list(oneOf('email', 'name', 'phone'))),
    enabled: required(boolean()),
  }),
  invoice_history: object({ enabled: required(boolean()) }),
  payment_method_update: object({ enabled: required(boolean()) }),
  subscription_cancel: cancel,
  subscription_pause: object({ enabled: boolean() }),
  subscription_update: update,
})
export type FeatureParams = NonNullable<ReturnType<typeof features.read>>

const shared = {
  business_profile: object({
    headline: clearable(text(60)),
    privacy_policy_url: text(),
    terms_of_service_url: text(),
  }),
  default_return_url: clearable(text()),
  metadata: metadata(),
  name: clearable(text(255)),
}
export const newConfigurationFields = { ...shared, features: required(features) }
export const configurationChanges = { ...shared, active: boolean(), features }
export type ConfigurationChanges = Partial<Values<typeof configurationChanges>>
