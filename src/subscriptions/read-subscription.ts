import type Stripe from 'stripe'
import { type Bill, billOfInvoice } from '../ledger/bill.ts'
import type { Money } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf, idOf } from '../stripe/client.ts'
import type { SubscriptionState } from './subscription.ts'

/** What Stripe says of a subscription now, in our words. */
export interface SubscriptionFacts {
  id: string
  /** Our ids, from the metadata; null: not begun by a Newsstand. */
  installationId: string | null
  orderId: string | null
  state: SubscriptionState
  /** The prices that it bills now, one for each of its items. */
  stripePriceIds: string[]
  /** The end of the last period that is settled; null: none is. */
  paidUntil: Date | null
  /** The end of the period that is given away, while collection is paused or its renewal was not collected; null: none is. */
  givenUntil: Date | null
  /** Whether a bank is being asked for the latest invoice, which takes it days. */
  bankAsked: boolean
  endsAt: Date | null
  endedAt: Date | null
  /** The latest paid invoices that took money. */
  payments: {
    invoiceId: string
    paymentIntentId: string | null
    amount: Money
    paidAt: Date
    renewal: boolean
  }[]
  /** What the latest paid invoices billed, those that took nothing included. */
  bills: { invoiceId: string; paymentIntentId: string | null; bill: Bill; paidAt: Date }[]
}

const latestInvoices = 12

/** Asks Stripe for a subscription and what was paid for it. Throws `resource_missing` for an unknown id. */
export async function readSubscription(stripe: Stripe, id: string): Promise<SubscriptionFacts> {
  const subscription = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] })
  const { data: invoices } = await stripe.invoices.list({
    subscription: id,
    status: 'paid',
    limit: latestInvoices,
    expand: ['data.payments'],
  })
  return {
    id,
    installationId: subscription.metadata.installation ?? null,
    orderId: subscription.metadata.order ?? null,
    state: toSubscriptionState(subscription.status),
    stripePriceIds: subscription.items.data.map((item) => item.price.id),
    paidUntil: paidUntilOf(invoices),
    givenUntil: givenUntilOf(subscription),
    bankAsked: isBankAsked(subscription),
    endsAt: endsAtOf(subscription),
    endedAt: dateOf(subscription.ended_at),
    payments: invoices.filter((invoice) => invoice.amount_paid > 0).map(toPayment),
    bills: invoices.map((invoice) => ({ ...toPayment(invoice), bill: billOfInvoice(invoice) })),
  }
}

const states: readonly string[] = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'canceled',
  'unpaid',
  'paused',
] satisfies SubscriptionState[]

/** Throws for a status that Stripe added since: guessing what it opens would be wrong either way. */
export function toSubscriptionState(status: string): SubscriptionState {
  if (!states.includes(status)) throw new Error(`a subscription has the unknown status ${status}`)
  return status as SubscriptionState
}

/**
 * The end of the period that began last among those that these invoices, the newest first, bill; null: they bill none. Not
 * the period that ends last: after a change from a year to a month, the rest of the year has gone back as credit.
 */
export function paidUntilOf(invoices: readonly Stripe.Invoice[]): Date | null {
  const periods = invoices.flatMap((invoice) => invoice.lines.data).filter(isPeriod)
  // Of two that began in the same second, the newer invoice's: sorting keeps their order.
  const latest = periods.toSorted((a, b) => b.period.start - a.period.start)[0]
  return latest ? dateOf(latest.period.end) : null
}

/** A proration settles a change within a period and begins none. */
function isPeriod({ parent }: Stripe.InvoiceLineItem): boolean {
  const details = parent?.subscription_item_details
  return parent?.type === 'subscription_item_details' && details?.proration === false
}

/**
 * Whatever becomes of the invoices that Stripe goes on drawing up, pausing their collection is meant to give the time
 * away (https://docs.stripe.com/billing/subscriptions/pause-payment, read 2026-11-22). That a pause began and ended while
 * nothing was read shows in a renewal that nobody was asked to pay.
 */
function givenUntilOf(subscription: Stripe.Subscription): Date | null {
  return subscription.pause_collection || wasGivenAway(subscription) ? periodEndOf(subscription) : null
}

function wasGivenAway({ status, latest_invoice: invoice }: Stripe.Subscription): boolean {
  if (status !== 'active' || !invoice || typeof invoice === 'string') return false
  if (invoice.billing_reason !== 'subscription_cycle' || invoice.attempted) return false
  if (invoice.status === 'draft') return invoice.automatically_finalizes_at === null
  return invoice.status === 'void' || invoice.status === 'uncollectible'
}

/** A card answers at once: what was asked for and is open, while nothing is overdue, is on its way through a bank. */
function isBankAsked({ status, latest_invoice: invoice }: Stripe.Subscription): boolean {
  if (status !== 'active' || !invoice || typeof invoice === 'string') return false
  return (
    invoice.status === 'open' && invoice.attempted && invoice.collection_method === 'charge_automatically'
  )
}

/** When a subscription ends without renewing; null: it renews. */
export function endsAtOf(subscription: Stripe.Subscription): Date | null {
  if (subscription.cancel_at) return dateOf(subscription.cancel_at)
  return subscription.cancel_at_period_end ? periodEndOf(subscription) : null
}

export function periodEndOf(subscription: Stripe.Subscription): Date {
  return dateOf(Math.max(...subscription.items.data.map((item) => item.current_period_end)))
}

/** A paid invoice, read with its payments, as a payment. */
export function toPayment(invoice: Stripe.Invoice): SubscriptionFacts['payments'][number] {
  const paid = invoice.payments?.data.find((payment) => payment.status === 'paid')
  return {
    invoiceId: invoice.id ?? '',
    paymentIntentId: idOf(paid?.payment.payment_intent),
    amount: fromStripeAmount(invoice.amount_paid, invoice.currency),
    paidAt: dateOf(invoice.status_transitions.paid_at ?? invoice.created),
    renewal: invoice.billing_reason !== 'subscription_create',
  }
}
