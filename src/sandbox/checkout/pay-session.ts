import type { HiddenSession } from '../objects/hidden.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { addBankAccount } from '../payments/add-bank-account.ts'
import { addPaymentMethod } from '../payments/add-payment-method.ts'
import { mandateFor } from '../payments/mandates.ts'
import { type Circumstances, failIntent, foresee, payIntent } from '../payments/pay-intent.ts'
import { addPaymentIntent } from '../payments/payment-intents.ts'
import type { TestAccount } from '../payments/test-accounts.ts'
import type { TestCard } from '../payments/test-cards.ts'
import { toAddress } from '../resources/addresses.ts'
import { amountDue } from './amount-due.ts'
import { completeSession } from './complete-session.ts'
import { prepareCustomer } from './prepare-customer.ts'
import { priceSession } from './session-lines.ts'

export interface CardMeans {
  card: TestCard
  expMonth: number
  expYear: number
}
export type Means = CardMeans | { account: TestAccount }

/** What a buyer typed, checked. */
export interface Buyer {
  email: string
  name: string | null
  country: string | null
  postalCode: string | null
  termsAccepted: boolean
  promotionsAccepted: boolean
  /** With what is paid; null where nothing has to be paid now or later. */
  means: Means | null
}

export type PaidSession =
  | { outcome: 'completed'; session: Shapes['checkout.session'] }
  | { outcome: 'requires_action' }
  | { outcome: 'declined'; message: string }

/** Pays an open session (taken) with what the buyer typed. A bank that wants to see the buyer first is asked next. */
export async function paySession(
  work: Work,
  stored: Stored<'checkout.session'>,
  buyer: Buyer,
): Promise<PaidSession> {
  const { id } = stored.data
  const session = await recordBuyer(work, stored, buyer)
  if (!buyer.means) return completed(work, id, null)
  const method = addMeans(work, buyer, buyer.means)
  return attempt(work, session, method.id, { offSession: false, authenticated: false })
}

function addMeans(work: Work, buyer: Buyer, means: Means): Shapes['payment_method'] {
  const holder = {
    name: buyer.name,
    email: buyer.email,
    address: toAddress({ country: buyer.country ?? undefined, postal_code: buyer.postalCode ?? undefined }),
  }
  return 'account' in means
    ? addBankAccount(work, means.account, holder)
    : addPaymentMethod(work, { ...means, ...holder })
}

/** Goes on with a payment whose bank asked to see the buyer, who said yes or no there. */
export async function continueAfterBank(
  work: Work,
  stored: Stored<'checkout.session'>,
  authenticated: boolean,
): Promise<PaidSession | null> {
  const { awaiting } = stored.hidden
  if (!awaiting) return null
  work.hide('checkout.session', stored.data.id, { awaiting: null })
  if (authenticated)
    return attempt(work, stored.data, awaiting.paymentMethod, { offSession: false, authenticated })
  return refuse(work, stored, awaiting.paymentMethod)
}

async function refuse(
  work: Work,
  stored: Stored<'checkout.session'>,
  methodId: string,
): Promise<PaidSession> {
  const message =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.'
  const method = await work.find('payment_method', methodId)
  const intent = stored.hidden.intent ? await work.take('payment_intent', stored.hidden.intent) : null
  if (intent && method) {
    const code = 'payment_intent_authentication_failure'
    failIntent(work, intent.data.id, method.data, { type: 'invalid_request_error', code, message })
  }
  return { outcome: 'declined', message }
}

async function recordBuyer(work: Work, stored: Stored<'checkout.session'>, buyer: Buyer) {
  const { data, hidden } = stored
  const { lines, sums } = await priceSession(work, data, hidden, buyer.country)
  work.hide('checkout.session', data.id, { lines })
  return work.change('checkout.session', data.id, {
    ...(data.mode === 'setup' ? {} : sums),
    ...(data.automatic_tax.enabled
      ? { automatic_tax: { ...data.automatic_tax, status: 'complete' as const } }
      : {}),
    consent: consentOf(data, buyer),
    customer_details: {
      address: toAddress({ country: buyer.country ?? undefined, postal_code: buyer.postalCode ?? undefined }),
      business_name: null,
      email: buyer.email,
      individual_name: buyer.name,
      name: buyer.name,
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    },
  })
}

function consentOf(session: Shapes['checkout.session'], buyer: Buyer): Shapes['checkout.session']['consent'] {
  const wanted = session.consent_collection
  if (!wanted) return null
  return {
    promotions: wanted.promotions === 'auto' ? (buyer.promotionsAccepted ? 'opt_in' : 'opt_out') : null,
    terms_of_service: wanted.terms_of_service === 'required' && buyer.termsAccepted ? 'accepted' : null,
  }
}

async function attempt(
  work: Work,
  session: Shapes['checkout.session'],
  methodId: string,
  circumstances: Circumstances,
): Promise<PaidSession> {
  const method = await work.find('payment_method', methodId)
  if (!method) throw new Error(`payment method ${methodId} is gone`)
  const due = await amountDue(work, session)
  // A trial takes no money now, nor does what credit pays for; the card is only stored.
  if (due === 0) return storeCard(work, session, method, circumstances)
  const outlook = foresee(work, method, circumstances)
  // The customer is made before the charge, so that it names them, but only if there will be a charge.
  const customer =
    outlook === 'succeeds' ? await prepareCustomer(work, session.id, method.data) : session.customer
  const intent = await intentFor(work, session, customer, due)
  const payment = await payIntent(work, intent, method, circumstances)
  if (payment.outcome === 'succeeded' || payment.outcome === 'processing') {
    return completed(work, session.id, method.data.id)
  }
  if (payment.outcome === 'declined') return { outcome: 'declined', message: payment.error.message }
  work.hide('checkout.session', session.id, { awaiting: { paymentMethod: methodId } })
  return { outcome: 'requires_action' }
}

async function storeCard(
  work: Work,
  session: Shapes['checkout.session'],
  method: Stored<'payment_method'>,
  circumstances: Circumstances,
): Promise<PaidSession> {
  const outlook = foresee(work, method, { ...circumstances, storing: true })
  if (outlook === 'asks') {
    work.hide('checkout.session', session.id, { awaiting: { paymentMethod: method.data.id } })
    return { outcome: 'requires_action' }
  }
  if (outlook !== 'succeeds') return { outcome: 'declined', message: outlook.message }
  await prepareCustomer(work, session.id, method.data)
  if (method.data.type !== 'card') await mandateFor(work, method)
  return completed(work, session.id, method.data.id)
}

/** The session's one intent: made at the first attempt, brought up to date at later ones. */
async function intentFor(
  work: Work,
  session: Shapes['checkout.session'],
  customer: string | null,
  amount: number,
): Promise<string> {
  const hidden = (await work.find('checkout.session', session.id))?.hidden
  if (!hidden) throw new Error(`session ${session.id} is gone`)
  if (hidden.intent) {
    await work.take('payment_intent', hidden.intent)
    work.change('payment_intent', hidden.intent, { amount, customer })
    return hidden.intent
  }
  const intent = addPaymentIntent(work, {
    amount,
    currency: session.currency ?? 'usd',
    customer,
    allowedTypes: session.allowed_payment_method_types,
    ...(session.mode === 'payment' ? ofPayment(hidden) : ofSubscription),
  })
  work.hide('payment_intent', intent.id, { session: session.id })
  work.hide('checkout.session', session.id, { intent: intent.id })
  if (session.mode === 'payment') work.change('checkout.session', session.id, { payment_intent: intent.id })
  return intent.id
}

function ofPayment({ paymentData }: HiddenSession) {
  return {
    metadata: paymentData.metadata,
    description: paymentData.description,
    receiptEmail: paymentData.receipt_email,
    statementDescriptor: paymentData.statement_descriptor,
    setupFutureUsage: paymentData.setup_future_usage,
  }
}

const ofSubscription = { description: 'Subscription creation', setupFutureUsage: 'off_session' as const }

async function completed(work: Work, id: string, methodId: string | null): Promise<PaidSession> {
  if (!methodId) await prepareCustomer(work, id, null)
  return { outcome: 'completed', session: await completeSession(work, id, methodId) }
}
