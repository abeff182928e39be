import { newId, randomLetters } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { methodTypes } from './method-types.ts'

type SetupIntent = Shapes['setup_intent']

/** Adds a set-up intent, and tells of it: one that still waits, or with a payment method one that has succeeded. */
export function addSetUp(
  work: Work,
  given: {
    customer: string | null
    paymentMethod: string | null
    metadata?: Record<string, string>
    /** What may be stored; null: a card. */
    allowedTypes?: readonly string[] | null
  },
): SetupIntent {
  const id = newId('seti_')
  const types = methodTypes.filter((type) => (given.allowedTypes ?? ['card']).includes(type))
  const created: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: given.allowedTypes ? types : null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomLetters(25)}`,
    created: work.now,
    customer: given.customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: given.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      ...(types.includes('card')
        ? { card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' as const } }
        : {}),
      ...(types.includes('sepa_debit') ? { sepa_debit: { mandate_options: {} } } : {}),
      ...(types.includes('us_bank_account')
        ? { us_bank_account: { verification_method: 'automatic' as const } }
        : {}),
    },
    payment_method_types: types.filter((type) => type !== 'link'),
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  }
  work.put('setup_intent', created, { return_url: null })
  work.tell('setup_intent.created', created)
  if (!given.paymentMethod) return created
  const succeeded = work.change('setup_intent', id, {
    payment_method: given.paymentMethod,
    status: 'succeeded',
  })
  work.tell('setup_intent.succeeded', succeeded)
  return succeeded
}
