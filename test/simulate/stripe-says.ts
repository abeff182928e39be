import type Stripe from 'stripe'
import { endsAtOf, paidUntilOf, periodEndOf } from '../../src/subscriptions/read-subscription.ts'
import type { StripeOrder } from './record.ts'

/** Everything that Stripe holds of our orders, by our order's id; listed whole, past all that the app has kept. */
export async function whatStripeSays(stripe: Stripe): Promise<Map<string, StripeOrder>> {
  const orders = new Map<string, StripeOrder>()
  const bySubscription = new Map<string, StripeOrder>()
  const byIntent = new Map<string, StripeOrder>()
  const invoicesOf = new Map<StripeOrder, Stripe.Invoice[]>()
  const orderOf = (id: string) => {
    const order = orders.get(id) ?? emptyOrder(id)
    orders.set(id, order)
    return order
  }
  for await (const session of stripe.checkout.sessions.list({ limit: 100 }))
    if (session.metadata?.order) takeSession(orderOf(session.metadata.order), session)
  for await (const subscription of stripe.subscriptions.list({ status: 'all', limit: 100 })) {
    if (!subscription.metadata.order) continue
    const order = orderOf(subscription.metadata.order)
    takeSubscription(order, subscription)
    bySubscription.set(subscription.id, order)
  }
  for await (const invoice of stripe.invoices.list({
    status: 'paid',
    limit: 100,
    expand: ['data.payments'],
  })) {
    const order = bySubscription.get(idOf(invoice.parent?.subscription_details?.subscription))
    if (!order) continue
    takeInvoice(order, invoice, byIntent)
    invoicesOf.set(order, [...(invoicesOf.get(order) ?? []), invoice])
  }
  for (const [order, invoices] of invoicesOf) takePaidUntil(order, invoices)
  await takeMoney(stripe, { orderOf, byIntent })
  return orders
}

function emptyOrder(id: string): StripeOrder {
  return {
    id,
    email: '',
    payments: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    balance: new Map(),
    subscription: null,
    sessions: [],
    chargedTwice: [],
    paidAt: null,
    startedAt: null,
  }
}

function takeSession(order: StripeOrder, session: Stripe.Checkout.Session): void {
  order.sessions.push({
    id: session.id,
    status: session.status ?? '',
    paid: session.payment_status === 'paid',
    total: session.amount_total ?? 0,
    subtotal: session.amount_subtotal ?? 0,
  })
}

function takeSubscription(order: StripeOrder, subscription: Stripe.Subscription): void {
  order.startedAt = subscription.start_date
  order.subscription = {
    id: subscription.id,
    state: subscription.status,
    price: subscription.items.data[0]?.price.id ?? '',
    paidUntil: seconds(periodEndOf(subscription)),
    endsAt: secondsOrNull(endsAtOf(subscription)),
    endedAt: subscription.ended_at,
  }
  // Its invoices say what is paid; the item's own period has begun before its invoice is.
  order.subscription.paidUntil = 0
}

function takeInvoice(order: StripeOrder, invoice: Stripe.Invoice, byIntent: Map<string, StripeOrder>): void {
  for (const payment of invoice.payments?.data ?? []) {
    const intent = idOf(payment.payment.payment_intent)
    if (intent) byIntent.set(intent, order)
  }
  if (invoice.amount_paid > 0) order.payments.set(invoice.id ?? '', invoice.amount_paid)
  // From credit, without a charge.
  const paidAt = invoice.status_transitions.paid_at ?? invoice.created
  order.paidAt = Math.min(order.paidAt ?? paidAt, paidAt)
}

/** By all its invoices, the newest first: after a change of plan, not the period that ends last is the present one. */
function takePaidUntil(order: StripeOrder, invoices: Stripe.Invoice[]): void {
  const until = paidUntilOf(invoices)
  if (order.subscription && until) order.subscription.paidUntil = seconds(until)
}

/** Charges, refunds and disputes, each found by its payment intent. */
async function takeMoney(
  stripe: Stripe,
  { orderOf, byIntent }: { orderOf: (id: string) => StripeOrder; byIntent: Map<string, StripeOrder> },
): Promise<void> {
  for await (const intent of stripe.paymentIntents.list({ limit: 100 })) {
    if (!intent.metadata.order) continue
    const order = orderOf(intent.metadata.order)
    byIntent.set(intent.id, order)
    if (intent.status === 'succeeded') order.payments.set(intent.id, intent.amount_received)
  }
  const charged = new Set<string>()
  const bySource = new Map<string, StripeOrder>()
  for await (const charge of stripe.charges.list({ limit: 100 })) {
    const intent = idOf(charge.payment_intent)
    const order = byIntent.get(intent)
    if (!order || charge.status !== 'succeeded') continue
    if (charged.has(intent)) order.chargedTwice.push(intent)
    charged.add(intent)
    bySource.set(charge.id, order)
    order.paidAt = Math.min(order.paidAt ?? charge.created, charge.created)
  }
  for await (const refund of stripe.refunds.list({ limit: 100 })) {
    const order = byIntent.get(idOf(refund.payment_intent))
    if (!order) continue
    order.refunds.set(refund.id, `${refund.amount} ${refund.status}`)
    bySource.set(refund.id, order)
  }
  for await (const dispute of stripe.disputes.list({ limit: 100 })) {
    const order = byIntent.get(idOf(dispute.payment_intent))
    if (!order) continue
    order.disputes.set(dispute.id, `${dispute.amount} ${dispute.status}`)
    bySource.set(dispute.id, order)
  }
  await takeBalance(stripe, bySource)
}

/** What each order's charges, refunds and disputes left in the account, fees taken off. */
async function takeBalance(stripe: Stripe, bySource: ReadonlyMap<string, StripeOrder>): Promise<void> {
  for await (const { source, currency, net } of stripe.balanceTransactions.list({ limit: 100 })) {
    const balance = bySource.get(idOf(source))?.balance
    const code = currency.toUpperCase()
    const sum = (balance?.get(code) ?? 0) + net
    if (sum === 0) balance?.delete(code)
    else balance?.set(code, sum)
  }
}

function idOf(field: string | { id: string } | null | undefined): string {
  return typeof field === 'string' ? field : (field?.id ?? '')
}

function seconds(at: Date): number {
  return at.getTime() / 1000
}

function secondsOrNull(at: Date | null): number | null {
  return at ? seconds(at) : null
}
