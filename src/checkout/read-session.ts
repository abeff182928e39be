import type Stripe from 'stripe'
import { type Bill, billOfInvoice } from '../ledger/bill.ts'
import type { Money } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf, idOf } from '../stripe/client.ts'
import {
  endsAtOf,
  paidUntilOf,
  periodEndOf,
  toSubscriptionState,
} from '../subscriptions/read-subscription.ts'
import type { SubscriptionState } from '../subscriptions/subscription.ts'

/** What settling needs of a Checkout Session, in our words. */
export interface SessionFacts {
  id: string
  /** Our ids, from the metadata; null: not made by a Newsstand. */
  installationId: string | null
  orderId: string | null
  /** Which attempt of the order asked for it; null: it does not say. */
  attempt: number | null
  state: 'open' | 'complete' | 'expired'
  url: string | null
  expiresAt: Date
  /**
   * paid: the money is there, or nothing was to be paid; waiting: a bank is being asked; failed: it said no; open: nothing
   * yet.
   */
  payment: 'paid' | 'waiting' | 'failed' | 'open'
  /** `total`: what the line takes with its tax, after discounts. */
  lines: { stripePriceId: string | null; quantity: number; total: Money }[]
  subtotal: Money
  discount: Money
  tax: Money
  total: Money
  customerId: string | null
  /** The one that was given with it; null: none was, or Stripe does not say. */
  couponId: string | null
  paymentIntentId: string | null
  invoiceId: string | null
  /** What its invoice billed; null: there is none, or Stripe did not send it along. */
  bill: Bill | null
  /** "Visa ending in 4242", "Bank account ending in 6789"; null: not known. */
  card: string | null
  subscription: { id: string; state: SubscriptionState; paidUntil: Date; endsAt: Date | null } | null
}

const expand = [
  'line_items',
  'payment_intent.payment_method',
  'subscription.default_payment_method',
  'invoice.payments',
]

/** Reads a session's present state from Stripe. Throws what the client throws, `resource_missing` for an unknown id. */
export async function readSession(stripe: Stripe, id: string): Promise<SessionFacts> {
  return toFacts(await stripe.checkout.sessions.retrieve(id, { expand }))
}

export function toFacts(session: Stripe.Checkout.Session): SessionFacts {
  const amount = (value: number | null | undefined) => fromStripeAmount(value ?? 0, session.currency ?? 'usd')
  const subtotal = amount(session.amount_subtotal)
  const total = amount(session.amount_total)
  return {
    id: session.id,
    installationId: session.metadata?.installation ?? null,
    orderId: session.metadata?.order ?? null,
    attempt: attemptOf(session.metadata?.attempt),
    state: stateOf(session.status),
    url: session.url,
    expiresAt: dateOf(session.expires_at),
    payment: paymentOf(session),
    lines: (session.line_items?.data ?? []).map((line) => ({
      stripePriceId: line.price?.id ?? null,
      quantity: line.quantity ?? 1,
      total: amount(line.amount_total),
    })),
    subtotal,
    discount: amount(session.total_details?.amount_discount),
    tax: amount(session.total_details?.amount_tax),
    total,
    customerId: idOf(session.customer),
    couponId: idOf(session.discounts?.[0]?.coupon),
    paymentIntentId: paymentIntentOf(session),
    invoiceId: idOf(session.invoice),
    bill: session.invoice && typeof session.invoice !== 'string' ? billOfInvoice(session.invoice) : null,
    card: cardOf(session),
    subscription: subscriptionOf(session),
  }
}

/** People can write to metadata at Stripe; what is no number of ours counts as nothing. */
function attemptOf(written: string | undefined): number | null {
  return /^[1-9]\d{0,8}$/.test(written ?? '') ? Number(written) : null
}

/** Only what Stripe calls complete is; a status that it adds one day is not. */
function stateOf(status: Stripe.Checkout.Session['status']): SessionFacts['state'] {
  if (status === 'complete') return 'complete'
  return status === 'expired' ? 'expired' : 'open'
}

/** `no_payment_required` opens something only where there really was nothing to pay. */
function paymentOf(session: Stripe.Checkout.Session): SessionFacts['payment'] {
  if (session.status !== 'complete') return 'open'
  if (session.payment_status === 'paid') return 'paid'
  if (session.payment_status === 'no_payment_required' && session.amount_total === 0) return 'paid'
  // Stripe may ask the bank again for an invoice, which the session does not live to see.
  if (expanded(session.invoice)?.status === 'paid') return 'paid'
  return hasFailed(session) ? 'failed' : 'waiting'
}

/** By what the session leads to: itself it is as complete and unpaid as while the bank is asked. */
function hasFailed(session: Stripe.Checkout.Session): boolean {
  const intent = expanded(session.payment_intent)
  if (intent) return intent.status === 'requires_payment_method' || intent.status === 'canceled'
  const subscription = expanded(session.subscription)
  return ['past_due', 'unpaid', 'canceled', 'incomplete_expired'].includes(subscription?.status ?? '')
}

/** null: there is none, or Stripe sent its id alone. */
function expanded<T extends { id?: string }>(field: string | T | null): T | null {
  return typeof field === 'string' ? null : field
}

/** In subscription mode the payment is the first invoice's. */
function paymentIntentOf(session: Stripe.Checkout.Session): string | null {
  if (session.payment_intent) return idOf(session.payment_intent)
  if (!session.invoice || typeof session.invoice === 'string') return null
  const paid = session.invoice.payments?.data.find((payment) => payment.status === 'paid')
  return idOf(paid?.payment.payment_intent)
}

function cardOf(session: Stripe.Checkout.Session): string | null {
  const method =
    expanded(session.payment_intent)?.payment_method ?? expanded(session.subscription)?.default_payment_method
  if (!method || typeof method === 'string') return null
  const account = method.us_bank_account ?? method.sepa_debit
  if (account?.last4) return `Bank account ending in ${account.last4}`
  if (!method.card) return null
  const brand = method.card.brand.charAt(0).toUpperCase() + method.card.brand.slice(1)
  return `${brand} ending in ${method.card.last4}`
}

function subscriptionOf(session: Stripe.Checkout.Session): SessionFacts['subscription'] {
  const { subscription, invoice } = session
  if (!subscription || typeof subscription === 'string') return null
  return {
    id: subscription.id,
    state: toSubscriptionState(subscription.status),
    paidUntil:
      paidUntilOf(invoice && typeof invoice !== 'string' ? [invoice] : []) ?? periodEndOf(subscription),
    endsAt: endsAtOf(subscription),
  }
}
