import {
  boolean,
  clearable,
  either,
  integer,
  list,
  metadata,
  object,
  oneOf,
  required,
  text,
  time,
  type Values,
} from '../wire/parameters.ts'

/** What a customer said when leaving. */
export const cancellationDetails = object({
  comment: clearable(text()),
  feedback: clearable(
    oneOf(
      'customer_service',
      'low_quality',
      'missing_features',
      'other',
      'switched_service',
      'too_complex',
      'too_expensive',
      'unused',
    ),
  ),
})

/** How a change in the middle of a period is paid for. */
export const prorationFields = {
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: time(),
}

export const discountList = clearable(
  list(object({ coupon: text(), discount: text(), promotion_code: text() })),
)

/** What may be said of a subscription both when it is made and later. */
const shared = {
  automatic_tax: object({ enabled: required(boolean()) }),
  cancel_at_period_end: boolean(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer(0),
  default_payment_method: text(),
  description: clearable(text(500)),
  discounts: discountList,
  metadata: metadata(),
  off_session: boolean(),
  payment_settings: object({
    payment_method_types: list(oneOf('card', 'link')),
    save_default_payment_method: oneOf('off', 'on_subscription'),
  }),
  trial_settings: object({
    end_behavior: required(
      object({ missing_payment_method: required(oneOf('cancel', 'create_invoice', 'pause')) }),
    ),
  }),
}
const trialEnd = either(oneOf('now'), time())

export const newSubscriptionFields = {
  ...shared,
  billing_mode: object({
    flexible: object({ proration_discounts: oneOf('included', 'itemized') }),
    type: required(oneOf('classic', 'flexible')),
  }),
  cancel_at: time(),
  currency: text(3),
  customer: required(text()),
  items: required(
    list(object({ metadata: metadata(), price: required(text()), quantity: integer(1, 999_999) })),
  ),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  proration_behavior: oneOf('create_prorations', 'none'),
  trial_end: trialEnd,
  trial_from_plan: boolean(),
  trial_period_days: integer(0, 730),
}
export type NewSubscriptionParams = Values<typeof newSubscriptionFields>

const itemChanges = list(
  object({
    deleted: boolean(),
    id: text(),
    metadata: metadata(),
    price: text(),
    quantity: integer(1, 999_999),
  }),
)
export type ItemChanges = NonNullable<ReturnType<typeof itemChanges.read>>

export const subscriptionChanges = {
  ...shared,
  ...prorationFields,
  billing_cycle_anchor: object({ type: required(oneOf('now', 'unchanged')) }),
  cancel_at: clearable(time()),
  cancellation_details: cancellationDetails,
  items: itemChanges,
  pause_collection: clearable(
    object({ behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')), resumes_at: time() }),
  ),
  payment_behavior: oneOf('allow_incomplete', 'error_if_incomplete'),
  trial_end: trialEnd,
}
export type SubscriptionChanges = Values<typeof subscriptionChanges>
