import { boolean, clearable, metadata, object, oneOf, text, time, type Values } from '../wire/parameters.ts'

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

/** What a request may change of a subscription. */
export const subscriptionChanges = {
  cancel_at: clearable(time()),
  cancel_at_period_end: boolean(),
  cancellation_details: cancellationDetails,
  default_payment_method: text(),
  description: clearable(text(500)),
  metadata: metadata(),
}
export type SubscriptionChanges = Values<typeof subscriptionChanges>
