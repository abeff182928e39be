import { newId, randomLetters } from '../objects/ids.ts'
import type { Metadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { intentOptions, methodTypes, methodTypesFor } from './method-types.ts'

type Intent = Shapes['payment_intent']

export interface NewIntent {
  amount: number
  currency: string
  customer: string | null
  metadata?: Metadata
  description?: string | null
  receiptEmail?: string | null
  statementDescriptor?: string | null
  setupFutureUsage?: Intent['setup_future_usage']
  /** With what it may be paid; null: all that its currency can be paid with. */
  allowedTypes?: readonly string[] | null
}

/** Adds a payment intent that still lacks a payment method, and tells of it. */
export function addPaymentIntent(work: Work, given: NewIntent): Intent {
  const id = newId('pi_')
  const types = methodTypesFor(given.currency, given.allowedTypes ?? null)
  const intent: Intent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: given.allowedTypes
      ? methodTypes.filter((type) => given.allowedTypes?.includes(type))
      : null,
    amount: given.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomLetters(25)}`,
    confirmation_method: 'automatic',
    created: work.now,
    currency: given.currency,
    customer: given.customer,
    customer_account: null,
    description: given.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: given.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: intentOptions(types),
    payment_method_types: types,
    payment_record: null,
    processing: null,
    receipt_email: given.receiptEmail ?? null,
    review: null,
    setup_future_usage: given.setupFutureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: given.statementDescriptor ?? null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  }
  work.put('payment_intent', intent, { returnUrl: null, awaiting: null })
  work.tell('payment_intent.created', intent)
  return intent
}
