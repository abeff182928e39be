import { newId } from '../objects/ids.ts'
import type { Metadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { type Interval, periodEnd } from './periods.ts'

export type Subscription = Shapes['subscription']
export type SubscriptionItem = Subscription['items']['data'][number]

export interface NewSubscription {
  id: string
  customer: string
  currency: string
  items: { price: Shapes['price']; quantity: number; metadata?: Metadata }[]
  metadata: Metadata
  description: string | null
  discounts: string[]
  defaultPaymentMethod: string | null
  automaticTax: boolean
  status: Subscription['status']
  /** In seconds; null: no trial. */
  trialEnd: number | null
  missingPaymentMethod: 'cancel' | 'create_invoice' | 'pause'
  collectionMethod?: Subscription['collection_method']
  cancelAtPeriodEnd?: boolean
  cancelAt?: number | null
}

/** Adds a subscription whose first period starts now; the caller tells of it once its invoice is there. */
export function addSubscription(work: Work, given: NewSubscription): Subscription {
  const items = given.items.map((item) => newItem(work, given, item))
  const firstEnd = items[0]?.current_period_end ?? work.now
  const subscription: Subscription = {
    id: given.id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: {
      disabled_reason: null,
      enabled: given.automaticTax,
      liability: given.automaticTax ? { type: 'self' } : null,
    },
    billing_cycle_anchor: given.trialEnd ?? work.now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: work.now },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: given.cancelAt ?? (given.cancelAtPeriodEnd ? firstEnd : null),
    cancel_at_period_end: given.cancelAtPeriodEnd ?? false,
    canceled_at: given.cancelAtPeriodEnd || given.cancelAt ? work.now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: given.collectionMethod ?? 'charge_automatically',
    created: work.now,
    currency: given.currency,
    customer: given.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: given.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: given.description,
    discounts: given.discounts,
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: {
      object: 'list',
      data: items,
      has_more: false,
      url: `/v1/subscription_items?subscription=${given.id}`,
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: given.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: work.now,
    status: given.status,
    test_clock: null,
    transfer_data: null,
    trial_end: given.trialEnd,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: given.missingPaymentMethod },
    },
    trial_start: given.trialEnd === null ? null : work.now,
  }
  return work.put('subscription', subscription, { announcedTrialEnd: null, failNextRenewal: false })
}

function newItem(
  work: Work,
  given: NewSubscription,
  item: NewSubscription['items'][number],
): SubscriptionItem {
  const { price, quantity } = item
  return {
    id: newId('si_', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: work.now,
    current_period_end: given.trialEnd ?? periodEnd(work.now, work.now, intervalOf(price)),
    current_period_start: work.now,
    current_trial: null,
    discounts: [],
    metadata: item.metadata ?? {},
    plan: planOf(price),
    price,
    quantity,
    subscription: given.id,
    tax_rates: [],
  }
}

/** The interval of a recurring price. Throws for one that does not recur: such a price is in no subscription. */
export function intervalOf(price: Shapes['price']): Interval {
  if (!price.recurring) throw new Error(`price ${price.id} does not recur`)
  return price.recurring
}

/** A price in the words of the older object that subscription items still show. */
export function planOf(price: Shapes['price']): SubscriptionItem['plan'] {
  const { interval, interval_count } = intervalOf(price)
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval,
    interval_count,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: 'licensed',
  }
}
