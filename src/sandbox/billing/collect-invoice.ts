import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { type Payment, payIntent } from '../payments/pay-intent.ts'
import type { Decline } from '../payments/test-cards.ts'
import type { ErrorBody } from '../wire/api-error.ts'
import type { Subscription } from './add-subscription.ts'
import type { Invoice } from './draft.ts'
import { noteProcessing } from './note-processing.ts'
import { postponeInvoice } from './postpone-invoice.ts'
import { recoverSubscription } from './recover-subscription.ts'
import { settleInvoice } from './settle-invoice.ts'

/** Refusals that trying again cannot change. */
const hopeless = [
  'lost_card',
  'stolen_card',
  'fraudulent',
  'account_closed',
  'debit_not_authorized',
  'no_account',
]
const asWished: Decline = {
  code: 'card_declined',
  decline: 'generic_decline',
  message: 'Your card was declined.',
}

export interface Collection {
  /** What to charge instead of what the subscription or customer is charged with. */
  paymentMethod?: Stored<'payment_method'>
  /** The payer is there to be asked. */
  onSession?: boolean
}
export type Collected = { paid: true } | { paid: false; processing: boolean; error: ErrorBody | null }

/**
 * Charges an open invoice (taken, as its customer was), and tells how it ended. After a failure the next try is set; after
 * the last, the subscription ends. A debit is processing for some days, and its end goes on in after-payment.ts. An error
 * of null otherwise: there was nothing to charge, or no use in it.
 */
export async function collectInvoice(work: Work, id: string, wanted: Collection = {}): Promise<Collected> {
  const { hidden, data: invoice } = await takeInvoice(work, id)
  const subscription = await subscriptionOf(work, invoice)
  const method = wanted.paymentMethod ?? (await methodOf(work, invoice, subscription))
  if (hidden.intent) await work.take('payment_intent', hidden.intent)
  if (hidden.intent && work.held('payment_intent', hidden.intent).status === 'processing') {
    return { paid: false, processing: true, error: null }
  }
  const forced = subscription ? await takeWish(work, subscription) : null
  if (!hidden.intent || !method || isHopeless(work, hidden.intent, method)) {
    await postponeInvoice(work, id, subscription)
    return { paid: false, processing: false, error: null }
  }
  const payment = await payIntent(work, hidden.intent, method, {
    offSession: !wanted.onSession,
    authenticated: false,
    forced,
  })
  return conclude(work, id, subscription, payment)
}

async function conclude(
  work: Work,
  id: string,
  subscription: Subscription | null,
  payment: Payment,
): Promise<Collected> {
  if (payment.outcome === 'succeeded') {
    await settleInvoice(work, id)
    if (subscription) recoverSubscription(work, subscription.id)
    return { paid: true }
  }
  if (payment.outcome === 'processing') {
    noteProcessing(work, id, subscription)
    return { paid: false, processing: true, error: null }
  }
  await postponeInvoice(work, id, subscription)
  return { paid: false, processing: false, error: payment.outcome === 'declined' ? payment.error : null }
}

async function takeInvoice(work: Work, id: string): Promise<Stored<'invoice'>> {
  const stored = await work.take('invoice', id)
  if (!stored) throw new Error(`invoice ${id} is gone`)
  return stored
}

/** The subscription that an invoice is for, taken; null: none. */
export async function subscriptionOf(work: Work, invoice: Invoice): Promise<Subscription | null> {
  const id = invoice.parent?.subscription_details?.subscription
  return id ? ((await work.take('subscription', id))?.data ?? null) : null
}

/** What an invoice is charged to: its own payment method, else its subscription's, else its customer's. */
async function methodOf(
  work: Work,
  invoice: Invoice,
  subscription: Subscription | null,
): Promise<Stored<'payment_method'> | null> {
  const own = invoice.default_payment_method ?? subscription?.default_payment_method
  if (own) return work.find('payment_method', own)
  return invoice.customer ? customersMethod(work, invoice.customer) : null
}

async function customersMethod(work: Work, id: string): Promise<Stored<'payment_method'> | null> {
  const customer = await work.find('customer', id)
  const method = customer?.data.invoice_settings?.default_payment_method
  return method ? work.find('payment_method', method) : null
}

/** What a subscription is charged to: its own payment method, else its customer's; null: neither. */
export async function paymentMethodOf(
  work: Work,
  subscription: Shapes['subscription'],
): Promise<Stored<'payment_method'> | null> {
  const own = subscription.default_payment_method
  return own ? work.find('payment_method', own) : customersMethod(work, subscription.customer)
}

/** The wish of a person that the next charge fail is used up by it. */
async function takeWish(work: Work, subscription: Subscription): Promise<Decline | null> {
  const stored = await work.take('subscription', subscription.id)
  if (!stored?.hidden.failNextRenewal) return null
  work.hide('subscription', subscription.id, { failNextRenewal: false })
  return asWished
}

/** Banks are not asked again about the same card when their refusal was final. */
function isHopeless(work: Work, intentId: string, method: Stored<'payment_method'>): boolean {
  const error = work.held('payment_intent', intentId).last_payment_error
  return (
    hopeless.includes(error?.decline_code ?? error?.code ?? '') &&
    error?.payment_method?.id === method.data.id
  )
}
