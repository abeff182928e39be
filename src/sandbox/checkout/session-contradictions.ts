import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import type { SessionParams } from './session-fields.ts'

type Mode = 'payment' | 'setup' | 'subscription'

/**
 * Resolves to the mode of a request whose parameters go together. Throws the API's 400 for those that do not.
 */
export function refuseContradictions(work: Work, params: SessionParams): Mode {
  const { mode } = params
  if (!mode) throw invalid('Missing required param: mode.', 'mode', 'parameter_missing')
  if (!params.success_url)
    throw invalid('Missing required param: success_url.', 'success_url', 'parameter_missing')
  for (const name of ['success_url', 'cancel_url'] as const) refuseRelative(params[name], name)
  refuseBoth(params, 'customer', 'customer_email')
  refuseBoth(params, 'allow_promotion_codes', 'discounts')
  refuseInMode(params, mode)
  refuseTimes(work, params)
  return mode
}

function refuseRelative(address: string | undefined, name: string): void {
  if (address === undefined || /^https?:\/\//.test(address)) return
  throw invalid('Not a valid URL', name, 'url_invalid')
}

function refuseBoth(params: SessionParams, one: keyof SessionParams, other: keyof SessionParams): void {
  if (params[one] === undefined || params[other] === undefined) return
  throw invalid(`You may only specify one of these parameters: ${one}, ${other}.`, one)
}

/** What belongs to the other modes. */
const foreignTo = {
  payment: ['setup_intent_data', 'subscription_data'],
  setup: [
    ...([
      'allow_promotion_codes',
      'discounts',
      'invoice_creation',
      'line_items',
      'payment_intent_data',
    ] as const),
    ...(['payment_method_collection', 'submit_type', 'subscription_data'] as const),
  ],
  subscription: [
    'customer_creation',
    'invoice_creation',
    'payment_intent_data',
    'setup_intent_data',
    'submit_type',
  ],
} as const

function refuseInMode(params: SessionParams, mode: Mode): void {
  const foreign = foreignTo[mode]
  for (const name of foreign) {
    // Of what belongs to payments, the button's text may say "subscribe".
    if (params[name] === undefined || (name === 'submit_type' && params.submit_type === 'subscribe')) continue
    throw invalid(`You can not pass \`${name}\` in \`${mode}\` mode.`, name)
  }
}

function refuseTimes(work: Work, params: SessionParams): void {
  const { expires_at } = params
  if (expires_at !== undefined && expires_at < work.now + 30 * 60) {
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.',
      'expires_at',
    )
  }
  if (expires_at !== undefined && expires_at > work.now + 24 * 3600 + 60) {
    throw invalid(
      'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.',
      'expires_at',
    )
  }
  const end = params.subscription_data?.trial_end
  if (end !== undefined && params.subscription_data?.trial_period_days !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: trial_end, trial_period_days.',
      'subscription_data[trial_end]',
    )
  }
  if (end !== undefined && end < work.now + 48 * 3600) {
    throw invalid(
      'The `trial_end` date has to be at least 2 days in the future.',
      'subscription_data[trial_end]',
    )
  }
}
