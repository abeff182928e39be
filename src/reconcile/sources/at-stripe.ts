import { toFacts } from '../../checkout/read-session.ts'
import { subtract } from '../../money/money.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { idOf } from '../../stripe/client.ts'
import type { BalanceThing, ChargeThing, SessionThing, Source, Things } from './source.ts'
import { isOurs, stripeList } from './stripe-list.ts'

/** A paid session is met under its order too: what is paid with us must have one. */
export const sessions: Source<SessionThing> = stripeList(
  (stripe, params) => stripe.checkout.sessions.list(params),
  (deps, session) => {
    const orderId = session.metadata?.order
    if (!isOurs(deps, session.metadata) || !orderId || !isUuid(orderId)) return null
    return { facts: toFacts(session), orderId, subscriptionId: idOf(session.subscription) }
  },
  ({ facts, orderId }) => (facts.payment === 'paid' ? [facts.id, orderId] : [facts.id]),
)

export const subscriptions: Source<Things['subscriptions']> = stripeList(
  (stripe, params) => stripe.subscriptions.list({ ...params, status: 'all' }),
  (deps, subscription) => (isOurs(deps, subscription.metadata) ? subscription : null),
  ({ id }) => [id],
)

/** Paid invoices that took money, of subscriptions of ours. */
export const invoices: Source<Things['invoices']> = stripeList(
  (stripe, params) => stripe.invoices.list({ ...params, status: 'paid', expand: ['data.payments'] }),
  (deps, invoice) => {
    const metadata = invoice.parent?.subscription_details?.metadata
    return isOurs(deps, metadata) && invoice.amount_paid > 0 ? invoice : null
  },
  ({ id }) => [id],
)

/** Charges that took money. Those of a subscription bear nothing of ours: their invoices do. */
export const charges: Source<ChargeThing> = stripeList(
  (stripe, params) => stripe.charges.list({ ...params, expand: ['data.payment_intent'] }),
  (deps, charge) => {
    const intent = charge.payment_intent
    if (charge.status !== 'succeeded' || !intent || typeof intent === 'string') return null
    return isOurs(deps, intent.metadata) ? { charge, intent } : null
  },
  ({ intent }) => [intent.id],
)

/** Refunds and disputes lead to what is ours by their payment intents alone. */
export const refunds: Source<Things['refunds']> = stripeList(
  (stripe, params) => stripe.refunds.list(params),
  (_, refund) => (refund.payment_intent ? refund : null),
  ({ id }) => [id],
)

export const disputes: Source<Things['disputes']> = stripeList(
  (stripe, params) => stripe.disputes.list(params),
  (_, dispute) => (dispute.payment_intent ? dispute : null),
  ({ id }) => [id],
)

/** What moved in Stripe's balance for a payment intent; payouts and the like are for none. */
export const balance: Source<BalanceThing> = stripeList(
  (stripe, params) => stripe.balanceTransactions.list({ ...params, expand: ['data.source'] }),
  (_, { id, amount, fee, currency, source }) => {
    const of =
      source && typeof source !== 'string' && 'payment_intent' in source ? source.payment_intent : null
    const paymentIntentId = idOf(of)
    // As the ledger reckons it: in a currency whose fractions are rounded, `net` may differ by one.
    const net = subtract(fromStripeAmount(amount, currency), fromStripeAmount(fee, currency))
    return paymentIntentId ? { id, paymentIntentId, net } : null
  },
  ({ id }) => [id],
)

/** Deleted customers are on no list. */
export const customers: Source<Things['customers']> = stripeList(
  (stripe, params) => stripe.customers.list(params),
  (_, { id }) => ({ stripeCustomerId: id }),
  ({ stripeCustomerId }) => [stripeCustomerId],
)

/** Metadata can be changed in Stripe; what is no id of ours must not reach a statement. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
