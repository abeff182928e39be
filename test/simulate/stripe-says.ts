import type Stripe from 'stripe'
import { endsAtOf, paidUntilOf, periodEndOf } from '../../src/subscriptions/read-subscription.ts'
import type { Book } from './book.ts'
import type { SessionRecord, StripeOrder } from './record.ts'

/** How a session that was not paid at once is told from what it leads to. */
interface Unpaid {
  session: SessionRecord
  invoice: string
  intent: string
}

/** What is found of Stripe's objects on the way through its lists. */
interface Found {
  orders: Map<string, StripeOrder>
  bySubscription: Map<string, StripeOrder>
  byIntent: Map<string, StripeOrder>
  /** Of each order, the newest first. */
  paidInvoices: Map<StripeOrder, Stripe.Invoice[]>
  intentOfInvoice: Map<string, string>
  /** Payment intents of open invoices. */
  openIntents: Map<string, StripeOrder>
  intentStates: Map<string, string>
  unpaid: Unpaid[]
}

/** Everything that Stripe holds of our orders, by our order's id; listed whole, past all that the app has kept. */
export async function whatStripeSays(stripe: Stripe, book: Book): Promise<Map<string, StripeOrder>> {
  const found: Found = {
    orders: new Map(),
    bySubscription: new Map(),
    byIntent: new Map(),
    paidInvoices: new Map(),
    intentOfInvoice: new Map(),
    openIntents: new Map(),
    intentStates: new Map(),
    unpaid: [],
  }
  for await (const session of stripe.checkout.sessions.list({ limit: 100 })) takeSession(found, session)
  for await (const subscription of stripe.subscriptions.list({ status: 'all', limit: 100 }))
    takeSubscription(found, subscription, book)
  for await (const invoice of stripe.invoices.list({ limit: 100, expand: ['data.payments'] }))
    takeInvoice(found, invoice)
  for (const [order, invoices] of found.paidInvoices) takePaidUntil(order, invoices)
  await takeMoney(stripe, found)
  for (const unpaid of found.unpaid) unpaid.session.payment = paymentOf(found, unpaid)
  for (const [intent, order] of found.openIntents) takeBankAsked(found, intent, order)
  for (const id of book.endedPasses) orderOf(found, id).passEnded = true
  return found.orders
}

function orderOf({ orders }: Found, id: string): StripeOrder {
  const order = orders.get(id) ?? emptyOrder(id)
  orders.set(id, order)
  return order
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
    passEnded: false,
  }
}

function takeSession(found: Found, session: Stripe.Checkout.Session): void {
  if (!session.metadata?.order) return
  const paid = session.payment_status !== 'unpaid'
  const record: SessionRecord = {
    id: session.id,
    status: session.status ?? '',
    payment: session.status === 'complete' && paid ? 'paid' : 'open',
    total: session.amount_total ?? 0,
    subtotal: session.amount_subtotal ?? 0,
  }
  orderOf(found, session.metadata.order).sessions.push(record)
  if (session.status === 'complete' && !paid)
    found.unpaid.push({
      session: record,
      invoice: idOf(session.invoice),
      intent: idOf(session.payment_intent),
    })
}

function takeSubscription(found: Found, subscription: Stripe.Subscription, book: Book): void {
  if (!subscription.metadata.order) return
  const order = orderOf(found, subscription.metadata.order)
  found.bySubscription.set(subscription.id, order)
  const given = subscription.pause_collection ? seconds(periodEndOf(subscription)) : null
  order.startedAt = subscription.start_date
  order.subscription = {
    id: subscription.id,
    state: subscription.status,
    price: subscription.items.data[0]?.price.id ?? '',
    // Its invoices say what is paid; the item's own period has begun before its invoice is.
    paidUntil: 0,
    givenUntil: given ?? book.givenUntil.get(subscription.id) ?? null,
    bankAsked: false,
    endsAt: secondsOrNull(endsAtOf(subscription)),
    endedAt: subscription.ended_at,
  }
}

function takeInvoice(found: Found, invoice: Stripe.Invoice): void {
  const order = found.bySubscription.get(idOf(invoice.parent?.subscription_details?.subscription))
  if (!order) return
  for (const payment of invoice.payments?.data ?? []) {
    const intent = idOf(payment.payment.payment_intent)
    if (!intent) continue
    found.intentOfInvoice.set(invoice.id ?? '', intent)
    if (invoice.status === 'paid') found.byIntent.set(intent, order)
    if (invoice.status === 'open') found.openIntents.set(intent, order)
  }
  if (invoice.status === 'paid') takePaidInvoice(found, order, invoice)
}

function takePaidInvoice({ paidInvoices }: Found, order: StripeOrder, invoice: Stripe.Invoice): void {
  if (invoice.amount_paid > 0) order.payments.set(invoice.id ?? '', invoice.amount_paid)
  // From credit, without a charge.
  const paidAt = invoice.status_transitions.paid_at ?? invoice.created
  order.paidAt = Math.min(order.paidAt ?? paidAt, paidAt)
  paidInvoices.set(order, [...(paidInvoices.get(order) ?? []), invoice])
}

/** Of a session that is complete and unpaid, whose bank was asked. */
function paymentOf(found: Found, { invoice, intent }: Unpaid): SessionRecord['payment'] {
  const state = found.intentStates.get(intent || (found.intentOfInvoice.get(invoice) ?? ''))
  if (state === 'succeeded') return 'paid'
  return state === 'processing' ? 'waiting' : 'failed'
}

/** A subscription that was paid before and is not overdue waits for its bank. */
function takeBankAsked({ intentStates }: Found, intent: string, { subscription }: StripeOrder): void {
  if (subscription?.state === 'active' && intentStates.get(intent) === 'processing')
    subscription.bankAsked = true
}

/** By all its invoices, the newest first: after a change of plan, not the period that ends last is the present one. */
function takePaidUntil(order: StripeOrder, invoices: Stripe.Invoice[]): void {
  const until = paidUntilOf(invoices)
  if (order.subscription && until) order.subscription.paidUntil = seconds(until)
}

/** Charges, refunds and disputes, each found by its payment intent. */
async function takeMoney(stripe: Stripe, found: Found): Promise<void> {
  const { byIntent } = found
  for await (const intent of stripe.paymentIntents.list({ limit: 100 })) {
    found.intentStates.set(intent.id, intent.status)
    if (!intent.metadata.order) continue
    const order = orderOf(found, intent.metadata.order)
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
