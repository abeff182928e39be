import type { SubscriptionChanges } from './subscription-fields.ts'

/** A change that changes nothing, to which a caller adds what it is about. */
export const nothingChanged: SubscriptionChanges = {
  automatic_tax: undefined,
  billing_cycle_anchor: undefined,
  cancel_at: undefined,
  cancel_at_period_end: undefined,
  cancellation_details: undefined,
  collection_method: undefined,
  days_until_due: undefined,
  default_payment_method: undefined,
  description: undefined,
  discounts: undefined,
  items: undefined,
  metadata: undefined,
  off_session: undefined,
  pause_collection: undefined,
  payment_behavior: undefined,
  payment_settings: undefined,
  proration_behavior: undefined,
  proration_date: undefined,
  trial_end: undefined,
  trial_settings: undefined,
}
