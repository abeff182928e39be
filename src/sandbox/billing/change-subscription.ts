import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'
import type { Subscription } from './add-subscription.ts'
import { currentPeriodEnd } from './next-moment.ts'
import type { SubscriptionChanges } from './subscription-fields.ts'

/** Changes a subscription (its customer was taken), and tells of it. Throws the API's 400 for one that has ended. */
export async function changeSubscription(
  work: Work,
  id: string,
  params: SubscriptionChanges,
): Promise<Subscription> {
  const stored = await work.take('subscription', id)
  if (!stored) throw new Error(`subscription ${id} is gone`)
  const { data } = stored
  if (data.status === 'canceled' || data.status === 'incomplete_expired') {
    throw invalid(
      'A canceled subscription can only update its cancellation_details and metadata.',
      undefined,
      'resource_missing',
    )
  }
  await checkPaymentMethod(work, data, params.default_payment_method)
  const { cancel_at, cancel_at_period_end, cancellation_details, metadata, ...plain } = params
  const changes: Partial<Subscription> = {
    ...given(plain),
    ...endOf(work, data, params),
    metadata: mergeMetadata(data.metadata, metadata),
  }
  return work.change('subscription', id, changes, 'customer.subscription.updated')
}

async function checkPaymentMethod(work: Work, data: Subscription, id: string | undefined): Promise<void> {
  if (!id) return
  const method = await referred(work, 'payment_method', id, 'default_payment_method')
  if (method.data.customer === data.customer) return
  throw invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    'default_payment_method',
  )
}

/** When a subscription is to end, in its three fields, after a request to end it, to end it at a moment, or to go on. */
function endOf(work: Work, data: Subscription, params: SubscriptionChanges): Partial<Subscription> {
  const { cancel_at, cancel_at_period_end, cancellation_details: details } = params
  if (cancel_at !== undefined && cancel_at_period_end !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: cancel_at, cancel_at_period_end.',
      'cancel_at',
    )
  }
  const said = {
    comment: details?.comment ?? data.cancellation_details?.comment ?? null,
    feedback: details?.feedback ?? data.cancellation_details?.feedback ?? null,
    feedback_option: null,
  }
  const ends = cancel_at_period_end === true ? currentPeriodEnd(data) : (cancel_at ?? null)
  if (ends !== null) {
    return {
      cancel_at: ends,
      cancel_at_period_end: cancel_at_period_end ?? false,
      canceled_at: data.canceled_at ?? work.now,
      cancellation_details: { ...said, reason: 'cancellation_requested' },
    }
  }
  if (cancel_at_period_end === undefined && cancel_at === undefined) {
    return details
      ? { cancellation_details: { ...said, reason: data.cancellation_details?.reason ?? null } }
      : {}
  }
  return {
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { ...said, reason: null },
  }
}
