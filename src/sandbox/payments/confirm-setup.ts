import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { taken } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'
import { Refusal } from '../wire/endpoint.ts'
import { attachPaymentMethod } from './attach-payment-method.ts'
import { bankRefusal } from './bank-refusal.ts'
import { makeDefault } from './make-default.ts'
import { hasMandate, mandateFor } from './mandates.ts'
import { foresee } from './pay-intent.ts'
import { presetPaymentMethod } from './preset-payment-methods.ts'

type SetupIntent = Shapes['setup_intent']

export interface SetUpConfirmation {
  paymentMethod: string | undefined
  returnUrl: string | undefined
  /** The payer agrees that their account be debited. */
  mandate: boolean
}

/** Confirms a set-up intent (taken): the card or account is stored for its customer. Resolves to it, or to the bank's refusal. */
export async function confirmSetUp(
  work: Work,
  id: string,
  { paymentMethod, returnUrl, mandate }: SetUpConfirmation,
): Promise<SetupIntent | Refusal> {
  const intent = work.held('setup_intent', id)
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw invalid(
      `You cannot confirm this SetupIntent because it has already ${intent.status}.`,
      undefined,
      'setup_intent_unexpected_state',
    )
  }
  const wanted = paymentMethod ?? intent.payment_method
  if (!wanted)
    throw invalid('You must provide a payment method to confirm.', 'payment_method', 'parameter_missing')
  const method =
    presetPaymentMethod(work, wanted)?.id ??
    (await taken(work, 'payment_method', wanted, 'payment_method')).data.id
  await refuseMethod(work, intent, method, mandate)
  work.hide('setup_intent', id, { return_url: returnUrl ?? null })
  return storeCard(work, id, method, false)
}

/** Goes on after the bank's page was answered. */
export async function concludeSetUpAtBank(work: Work, id: string, authenticated: boolean): Promise<void> {
  const stored = await work.take('setup_intent', id)
  if (stored?.data.status !== 'requires_action' || !stored.data.payment_method) return
  if (authenticated) await storeCard(work, id, stored.data.payment_method, true)
  else {
    const message = 'The provided PaymentMethod has failed authentication.'
    failSetUp(work, id, {
      type: 'invalid_request_error',
      code: 'setup_intent_authentication_failure',
      message,
    })
  }
}

/** Throws the API's 400 for a payment method that cannot be stored by this intent, or without a mandate. */
async function refuseMethod(
  work: Work,
  intent: SetupIntent,
  id: string,
  mandateGiven: boolean,
): Promise<void> {
  const type = (await work.find('payment_method', id))?.data.type ?? ''
  if (!intent.payment_method_types.includes(type)) {
    throw invalid(
      `The PaymentMethod provided (${type}) is not allowed for this SetupIntent. Please attach a PaymentMethod whose type is one of: ${intent.payment_method_types.join(', ')}.`,
      'payment_method',
    )
  }
  if (type === 'card' || mandateGiven || (await hasMandate(work, id))) return
  throw invalid(
    'This SetupIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the customer and try again, providing acceptance data in the mandate_data parameter.',
    'mandate_data',
    'parameter_missing',
  )
}

async function storeCard(
  work: Work,
  id: string,
  methodId: string,
  authenticated: boolean,
): Promise<SetupIntent | Refusal> {
  const method = await work.find('payment_method', methodId)
  if (!method) throw new Error(`payment method ${methodId} is gone`)
  const outlook = foresee(work, method, { offSession: false, authenticated, storing: true })
  if (outlook === 'asks') return askAtBank(work, id, methodId)
  if (outlook !== 'succeeds') {
    const error = bankRefusal(outlook)
    return new Refusal(402, { ...error, setup_intent: failSetUp(work, id, error) })
  }
  const succeeded = work.change('setup_intent', id, {
    last_setup_error: null,
    mandate: method.data.type === 'card' ? null : await mandateFor(work, method),
    next_action: null,
    payment_method: methodId,
    status: 'succeeded',
  })
  if (succeeded.customer) await attachPaymentMethod(work, methodId, succeeded.customer)
  const stored = await work.find('setup_intent', id)
  if (stored?.hidden.defaultFor) await makeDefault(work, stored.hidden.defaultFor, methodId)
  work.tell('setup_intent.succeeded', succeeded)
  return succeeded
}

function askAtBank(work: Work, id: string, methodId: string): SetupIntent {
  const asked = work.change('setup_intent', id, {
    next_action: {
      redirect_to_url: { return_url: null, url: `${work.url}/authenticate/${id}` },
      type: 'redirect_to_url',
    },
    payment_method: methodId,
    status: 'requires_action',
  })
  work.tell('setup_intent.requires_action', asked)
  return asked
}

function failSetUp(
  work: Work,
  id: string,
  error: { type: 'card_error' | 'invalid_request_error'; code: string; message: string },
): SetupIntent {
  const failed = work.change('setup_intent', id, {
    last_setup_error: error as NonNullable<SetupIntent['last_setup_error']>,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  })
  work.tell('setup_intent.setup_failed', failed)
  return failed
}
