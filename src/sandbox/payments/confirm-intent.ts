import { afterPayment, afterProcessing } from '../billing/after-payment.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { taken } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { Refusal } from '../wire/endpoint.ts'
import { attachPaymentMethod } from './attach-payment-method.ts'
import { hasMandate } from './mandates.ts'
import { failIntent, type Payment, payIntent } from './pay-intent.ts'
import { presetPaymentMethod } from './preset-payment-methods.ts'

export interface Confirmation {
  paymentMethod: string | undefined
  offSession: boolean
  returnUrl: string | undefined
  /** The payer agrees that their account be debited. */
  mandate: boolean
}

/**
 * Confirms a payment intent (taken) over the API. Resolves to it, or to the refusal of a bank, which stays on record.
 * Throws the API's 400 where it cannot be confirmed.
 */
export async function confirmIntent(
  work: Work,
  id: string,
  confirmation: Confirmation,
): Promise<Shapes['payment_intent'] | Refusal> {
  const intent = work.held('payment_intent', id)
  refuseState(intent, ['requires_payment_method', 'requires_confirmation', 'requires_action'], 'confirm')
  const wanted = confirmation.paymentMethod ?? intent.payment_method
  if (!wanted) {
    throw invalid(
      'You cannot confirm this PaymentIntent because it’s missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.',
      'payment_method',
      'payment_intent_unexpected_state',
    )
  }
  const method = await usableMethod(work, wanted, intent.customer)
  await refuseMethod(work, intent, method, confirmation.mandate)
  work.hide('payment_intent', id, { returnUrl: confirmation.returnUrl ?? null, awaiting: method })
  return conclude(
    work,
    await attempt(work, id, method, { offSession: confirmation.offSession, authenticated: false }),
  )
}

/** Goes on after the bank's page was answered. */
export async function concludeAtBank(work: Work, id: string, authenticated: boolean): Promise<void> {
  const stored = await work.take('payment_intent', id)
  if (stored?.data.status !== 'requires_action' || !stored.hidden.awaiting) return
  const { awaiting } = stored.hidden
  if (authenticated) {
    await conclude(work, await attempt(work, id, awaiting, { offSession: false, authenticated }))
    return
  }
  const method = await work.find('payment_method', awaiting)
  if (!method) return
  failIntent(work, id, method.data, {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  })
}

/** Throws the API's 400 unless an intent is in one of these states. */
export function refuseState(intent: Shapes['payment_intent'], states: string[], verb: string): void {
  if (states.includes(intent.status)) return
  throw new ApiError(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${verb}${verb.endsWith('l') ? 'l' : ''}ed: ${states.join(', ')}.`,
    payment_intent: intent,
  })
}

/** The id of a payment method that may pay for a customer; a ready-made one is made into one of their own. */
async function usableMethod(work: Work, id: string, customer: string | null): Promise<string> {
  const preset = presetPaymentMethod(work, id)
  if (preset) return preset.id
  const { data } = await taken(work, 'payment_method', id, 'payment_method')
  if (data.customer === null || data.customer === customer) return data.id
  throw invalid(
    'The PaymentMethod provided belongs to another customer, or the PaymentIntent has none.',
    'payment_method',
    'payment_method_customer_mismatch',
  )
}

/** Throws the API's 400 for a payment method that this intent cannot be paid with, or without a mandate. */
async function refuseMethod(
  work: Work,
  intent: Shapes['payment_intent'],
  id: string,
  mandateGiven: boolean,
): Promise<void> {
  const type = (await work.find('payment_method', id))?.data.type ?? ''
  if (!intent.payment_method_types.includes(type)) {
    throw invalid(
      `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod whose type is one of: ${intent.payment_method_types.join(', ')}.`,
      'payment_method',
    )
  }
  if (type === 'card' || mandateGiven || (await hasMandate(work, id))) return
  throw invalid(
    'This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the customer and try again, providing acceptance data in the mandate_data parameter.',
    'mandate_data',
    'parameter_missing',
  )
}

async function attempt(
  work: Work,
  id: string,
  methodId: string,
  circumstances: { offSession: boolean; authenticated: boolean },
): Promise<Payment> {
  const method = await work.find('payment_method', methodId)
  if (!method) throw new Error(`payment method ${methodId} is gone`)
  return payIntent(work, id, method, circumstances)
}

async function conclude(work: Work, payment: Payment): Promise<Shapes['payment_intent'] | Refusal> {
  const { intent } = payment
  if (payment.outcome === 'declined') return new Refusal(402, { ...payment.error, payment_intent: intent })
  if (payment.outcome === 'requires_action') return intent
  if (intent.setup_future_usage && intent.customer && intent.payment_method) {
    await attachPaymentMethod(work, intent.payment_method, intent.customer)
  }
  await (payment.outcome === 'succeeded' ? afterPayment : afterProcessing)(work, intent.id)
  return work.held('payment_intent', intent.id)
}
