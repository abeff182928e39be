import type { Stored, Work } from '../objects/work.ts'
import { bankRefusal } from '../payments/bank-refusal.ts'
import { payIntent } from '../payments/pay-intent.ts'
import type { Decline } from '../payments/test-cards.ts'
import type { Subscription } from './add-subscription.ts'
import { cancelSubscription } from './cancel-subscription.ts'
import type { Invoice } from './draft-invoice.ts'
import { finalizeInvoice } from './finalize-invoice.ts'
import { paymentMethodOf } from './pass-subscription.ts'
import { settleInvoice } from './settle-invoice.ts'

const day = 86_400
/** Eight tries in two weeks, in days after the first: https://docs.stripe.com/billing/revenue-recovery/smart-retries (read 2026-11-22). */
const retriesAfter = [1, 3, 5, 7, 9, 11, 14]
/** A refusal that trying again cannot change. */
const hopeless = ['lost_card', 'stolen_card', 'fraudulent']

const asWished: Decline = {
  code: 'card_declined',
  decline: 'generic_decline',
  message: 'Your card was declined.',
}

/** Does what time does to an invoice up to now: a draft is finalized, an open one is charged. */
export async function passInvoice(work: Work, id: string): Promise<void> {
  const stored = await work.take('invoice', id)
  if (!stored || stored.deleted) return
  const { status, automatically_finalizes_at, next_payment_attempt } = stored.data
  if (status === 'draft' && (automatically_finalizes_at ?? Number.POSITIVE_INFINITY) <= work.now) {
    await finalizeInvoice(work, id)
    await afterFinalizing(work, id)
  } else if (status === 'open' && (next_payment_attempt ?? Number.POSITIVE_INFINITY) <= work.now) {
    await collectInvoice(work, id)
  }
}

async function afterFinalizing(work: Work, id: string): Promise<void> {
  const invoice = work.held('invoice', id)
  const subscription = await subscriptionOf(work, invoice)
  if (invoice.status === 'paid') return recover(work, subscription)
  const pause = subscription?.pause_collection?.behavior
  if (pause === 'void' || pause === 'mark_uncollectible') return giveUp(work, invoice, pause)
  if (invoice.collection_method === 'charge_automatically') await collectInvoice(work, id)
}

function giveUp(work: Work, invoice: Invoice, behavior: 'void' | 'mark_uncollectible'): void {
  const at = behavior === 'void' ? { voided_at: work.now } : { marked_uncollectible_at: work.now }
  const ended = work.change('invoice', invoice.id, {
    auto_advance: false,
    status: behavior === 'void' ? 'void' : 'uncollectible',
    status_transitions: { ...invoice.status_transitions, ...at },
  })
  work.tell(behavior === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', ended)
}

/**
 * Charges an open invoice (taken, as its customer was) with what its subscription is paid with, and tells how it ended.
 * After a failure the next try is set; after the last, the subscription ends. Resolves to the bank's refusal, or null.
 */
export async function collectInvoice(work: Work, id: string): Promise<ReturnType<typeof bankRefusal> | null> {
  const { hidden, data: invoice } = await held(work, id)
  const subscription = await subscriptionOf(work, invoice)
  const method = subscription
    ? await paymentMethodOf(work, subscription)
    : await customersMethod(work, invoice)
  if (hidden.intent) await work.take('payment_intent', hidden.intent)
  const wished = subscription ? await takeWish(work, subscription) : null
  if (!hidden.intent || !method || isHopeless(work, hidden.intent, method)) {
    await postpone(work, id, subscription)
    return null
  }
  const circumstances = { offSession: true, authenticated: false, forced: wished }
  const payment = await payIntent(work, hidden.intent, method, circumstances)
  if (payment.outcome === 'succeeded') {
    await settleInvoice(work, id)
    await recover(work, subscription)
    return null
  }
  await postpone(work, id, subscription)
  return payment.outcome === 'declined' ? bankRefusalOf(payment.error) : null
}

function bankRefusalOf(error: {
  code?: string
  decline_code?: string
  message: string
}): ReturnType<typeof bankRefusal> {
  const code = (error.code ?? 'card_declined') as Decline['code']
  return bankRefusal({ code, decline: error.decline_code ?? code, message: error.message })
}

async function held(work: Work, id: string): Promise<Stored<'invoice'>> {
  const stored = await work.take('invoice', id)
  if (!stored) throw new Error(`invoice ${id} is gone`)
  return stored
}

async function subscriptionOf(work: Work, invoice: Invoice): Promise<Subscription | null> {
  const id = invoice.parent?.subscription_details?.subscription
  return id ? ((await work.take('subscription', id))?.data ?? null) : null
}

async function customersMethod(work: Work, invoice: Invoice): Promise<Stored<'payment_method'> | null> {
  const customer = invoice.customer ? await work.find('customer', invoice.customer) : null
  const id = invoice.default_payment_method ?? customer?.data.invoice_settings?.default_payment_method
  return id ? work.find('payment_method', id) : null
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
  return hopeless.includes(error?.decline_code ?? '') && error?.payment_method?.id === method.data.id
}

async function postpone(work: Work, id: string, subscription: Subscription | null): Promise<void> {
  const { data: before, hidden } = await held(work, id)
  const firstFailure = hidden.firstFailure ?? work.now
  const attempt_count = before.attempt_count + 1
  const wait = retriesAfter[attempt_count - 1]
  const next_payment_attempt = wait === undefined || !subscription ? null : firstFailure + wait * day
  work.hide('invoice', id, { firstFailure })
  const failed = work.change('invoice', id, { attempt_count, attempted: true, next_payment_attempt })
  work.tell('invoice.updated', failed, before)
  if (await asksForThePayer(work, hidden.intent)) work.tell('invoice.payment_action_required', failed)
  work.tell('invoice.payment_failed', failed)
  if (subscription) await fallBehind(work, subscription, next_payment_attempt === null)
}

async function asksForThePayer(work: Work, intent: string | null): Promise<boolean> {
  const stored = intent ? await work.find('payment_intent', intent) : null
  return stored?.data.last_payment_error?.code === 'authentication_required'
}

async function fallBehind(work: Work, subscription: Subscription, last: boolean): Promise<void> {
  const status = work.held('subscription', subscription.id).status
  if (status === 'active' || status === 'trialing') {
    work.change('subscription', subscription.id, { status: 'past_due' }, 'customer.subscription.updated')
  }
  if (last && status !== 'canceled' && status !== 'incomplete') {
    await cancelSubscription(work, subscription.id, { reason: 'payment_failed' })
  }
}

/** A subscription that was behind is up to date again. */
async function recover(work: Work, subscription: Subscription | null): Promise<void> {
  if (!subscription) return
  const { status } = work.held('subscription', subscription.id)
  if (status !== 'past_due' && status !== 'unpaid' && status !== 'incomplete') return
  work.change('subscription', subscription.id, { status: 'active' }, 'customer.subscription.updated')
}
