import type Stripe from 'stripe'
import type { Money } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { idOf, orNull } from '../stripe/client.ts'

/**
 * What Stripe took for a payment of ours, by what it was for: an invoice's, a payment intent's or a session's id. null:
 * nothing, or there is no such thing.
 */
export async function readTaken(stripe: Stripe, sourceId: string): Promise<Money | null> {
  if (sourceId.startsWith('in_')) {
    const invoice = await orNull(stripe.invoices.retrieve(sourceId))
    return invoice?.status === 'paid' ? fromStripeAmount(invoice.amount_paid, invoice.currency) : null
  }
  if (sourceId.startsWith('cs_')) {
    const session = await orNull(stripe.checkout.sessions.retrieve(sourceId))
    return session?.payment_status === 'paid'
      ? fromStripeAmount(session.amount_total ?? 0, session.currency ?? 'usd')
      : null
  }
  const intent = await orNull(stripe.paymentIntents.retrieve(sourceId))
  return intent?.status === 'succeeded' ? fromStripeAmount(intent.amount_received, intent.currency) : null
}

/** The payment intents that paid a subscription's invoices, or a session's one payment. */
export async function listIntents(
  stripe: Stripe,
  of: { subscriptionId: string | null; paymentIntentId: string | null },
): Promise<string[]> {
  if (!of.subscriptionId) return of.paymentIntentId ? [of.paymentIntentId] : []
  const intents: string[] = []
  const invoices = stripe.invoices.list({
    subscription: of.subscriptionId,
    status: 'paid',
    limit: 100,
    expand: ['data.payments'],
  })
  for await (const invoice of invoices)
    for (const { payment } of invoice.payments?.data ?? []) {
      const id = idOf(payment.payment_intent)
      if (id) intents.push(id)
    }
  return intents
}

/** What of a payment intent's money has not gone back, refunds under way counted as gone. */
export async function readLeft(
  stripe: Stripe,
  paymentIntentId: string,
): Promise<{ left: Money; tries: number }> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId)
  const { data: refunds } = await stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 })
  const counting = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled')
  const gone = counting.reduce((total, { amount }) => total + amount, 0)
  return {
    left: fromStripeAmount(Math.max(intent.amount_received - gone, 0), intent.currency),
    tries: refunds.length,
  }
}
