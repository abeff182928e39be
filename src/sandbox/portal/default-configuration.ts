import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

type Configuration = Shapes['billing_portal.configuration']

/** The configuration that portals have unless told otherwise: made when it is first needed. */
export async function defaultConfiguration(work: Work): Promise<Configuration> {
  await work.hold('portal configuration')
  const [existing] = await work.list('billing_portal.configuration', {}, 1)
  if (existing) return existing.data
  const configuration: Configuration = {
    id: newId('bpc_'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: work.now,
    default_return_url: null,
    features,
    is_default: true,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: work.now,
  }
  work.put('billing_portal.configuration', configuration, {})
  work.tell('billing_portal.configuration.created', configuration)
  return configuration
}

const features: Configuration['features'] = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: true,
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
