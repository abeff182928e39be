import { addSubscription, type Subscription } from '../billing/add-subscription.ts'
import { appliedDiscounts, lastingDiscounts, redeem } from '../billing/discounts.ts'
import type { DraftLine } from '../billing/draft.ts'
import { draftInvoice } from '../billing/draft-invoice.ts'
import { finalizeInvoice } from '../billing/finalize-invoice.ts'
import { periodLine, singleLine } from '../billing/invoice-lines.ts'
import { noteProcessing } from '../billing/note-processing.ts'
import { settleInvoice } from '../billing/settle-invoice.ts'
import type { HiddenSession } from '../objects/hidden.ts'
import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { addSetUp } from '../payments/setup-intents.ts'
import { couponsOf } from './session-lines.ts'

type Session = Shapes['checkout.session']

/**
 * Closes a session (taken) whose money, if any, has come or was asked for at a bank: makes its subscription and invoice,
 * and tells of it last. With the versions since 2025-03-31 a subscription is made only now, after the payment.
 */
export async function completeSession(work: Work, id: string, methodId: string | null): Promise<Session> {
  const stored = await work.find('checkout.session', id)
  if (!stored) throw new Error(`session ${id} is gone`)
  const unpaid = await isProcessing(work, stored.hidden)
  const links = await fulfil(work, stored, methodId)
  const completed = work.change('checkout.session', id, {
    ...links,
    payment_status: unpaid ? 'unpaid' : stored.data.amount_total ? 'paid' : 'no_payment_required',
    status: 'complete',
    url: null,
  })
  work.tell('checkout.session.completed', completed)
  return completed
}

async function isProcessing(work: Work, { intent }: HiddenSession): Promise<boolean> {
  return intent !== null && (await work.find('payment_intent', intent))?.data.status === 'processing'
}

/** What a session's mode promises. */
function fulfil(
  work: Work,
  stored: Stored<'checkout.session'>,
  methodId: string | null,
): Promise<Partial<Session>> {
  if (stored.data.mode === 'subscription') return subscribe(work, stored, methodId)
  return stored.data.mode === 'setup' ? setUp(work, stored, methodId) : bill(work, stored)
}

async function setUp(
  work: Work,
  { data, hidden }: Stored<'checkout.session'>,
  methodId: string | null,
): Promise<Partial<Session>> {
  const { metadata, description } = hidden.setupData
  const made = addSetUp(work, { customer: data.customer, paymentMethod: methodId, metadata })
  if (description) work.change('setup_intent', made.id, { description })
  return { setup_intent: made.id }
}

async function subscribe(
  work: Work,
  stored: Stored<'checkout.session'>,
  methodId: string | null,
): Promise<Partial<Session>> {
  const { data: session, hidden } = stored
  const customer = session.customer ?? ''
  const subscriptionId = newId('sub_')
  const discounts = await redeemAll(work, session, customer, subscriptionId)
  if (session.amount_total === 0 && methodId) addSetUp(work, { customer, paymentMethod: methodId })
  const trialEnd = trialEndOf(work, hidden)
  const subscription = addSubscription(work, {
    id: subscriptionId,
    customer,
    currency: session.currency ?? 'usd',
    items: hidden.lines.flatMap((line) =>
      line.price?.recurring ? [{ price: line.price, quantity: line.quantity ?? 1 }] : [],
    ),
    metadata: hidden.subscriptionData.metadata,
    description: hidden.subscriptionData.description,
    discounts: await lastingDiscounts(work, discounts),
    defaultPaymentMethod: methodId,
    automaticTax: session.automatic_tax.enabled,
    status: trialEnd === null ? 'active' : 'trialing',
    trialEnd,
    missingPaymentMethod: hidden.subscriptionData.missingPaymentMethod,
  })
  const invoice = await firstInvoice(work, subscription, stored, discounts)
  return { subscription: subscription.id, invoice }
}

async function redeemAll(work: Work, session: Session, customer: string | null, subscription: string | null) {
  const coupons = await couponsOf(work, session)
  const ids: string[] = []
  for (const [index, coupon] of coupons.entries()) {
    const promotionCode = session.discounts?.[index]?.promotion_code ?? null
    const wanted = {
      coupon: coupon.data.id,
      promotionCode: typeof promotionCode === 'string' ? promotionCode : null,
    }
    ids.push((await redeem(work, wanted, { customer, subscription, checkoutSession: session.id })).id)
  }
  return ids
}

function trialEndOf(work: Work, { subscriptionData }: HiddenSession): number | null {
  if (subscriptionData.trialEnd !== null) return subscriptionData.trialEnd
  return subscriptionData.trialDays === null ? null : work.now + subscriptionData.trialDays * 86_400
}

async function firstInvoice(
  work: Work,
  subscription: Subscription,
  stored: Stored<'checkout.session'>,
  discounts: string[],
): Promise<string> {
  const { data: session, hidden } = stored
  const single = await singleLines(work, hidden)
  const invoice = await draftInvoice(work, {
    customer: subscription.customer,
    currency: subscription.currency,
    subscription,
    reason: 'subscription_create',
    lines: [
      ...(await Promise.all(subscription.items.data.map((item) => periodLine(work, subscription, item)))),
      ...single,
    ],
    discounts,
    automaticTax: session.automatic_tax.enabled,
    period: { start: work.now, end: work.now },
    finalizesAt: null,
  })
  const linked = work.change('subscription', subscription.id, { latest_invoice: invoice.id })
  work.tell('customer.subscription.created', linked)
  const finalized = await finalizeInvoice(work, invoice.id, hidden.intent)
  if (finalized.status === 'open') await concludeInvoice(work, invoice.id, hidden)
  await rememberCurrency(work, subscription)
  if (finalized.total !== session.amount_total) {
    throw new Error(
      `the first invoice of session ${session.id} comes to ${finalized.total}, not ${session.amount_total}`,
    )
  }
  return invoice.id
}

/** The lines of what is paid once. */
function singleLines(work: Work, { lines }: HiddenSession): Promise<DraftLine[]> {
  return Promise.all(
    lines.flatMap(({ price, ...line }) =>
      price && !price.recurring ? [singleLine(work, { ...line, price })] : [],
    ),
  )
}

/** An open invoice has been paid by the session's intent, or will be once the bank has answered. */
async function concludeInvoice(work: Work, id: string, hidden: HiddenSession): Promise<void> {
  if (await isProcessing(work, hidden)) noteProcessing(work, id, null)
  else await settleInvoice(work, id)
}

async function rememberCurrency(work: Work, subscription: Subscription): Promise<void> {
  const customer = await work.take('customer', subscription.customer)
  if (!customer || customer.data.currency === subscription.currency) return
  work.change('customer', subscription.customer, { currency: subscription.currency }, 'customer.updated')
}

/** A single payment uses its discounts up; where asked for, it gets an invoice that says paid. */
async function bill(work: Work, stored: Stored<'checkout.session'>): Promise<Partial<Session>> {
  const { data: session, hidden } = stored
  const discounts = await redeemAll(work, session, session.customer, null)
  if (!session.invoice_creation?.enabled || !session.customer) return {}
  const invoice = await draftInvoice(work, {
    customer: session.customer,
    currency: session.currency ?? 'usd',
    subscription: null,
    reason: 'manual',
    lines: await singleLines(work, hidden),
    discounts: (await appliedDiscounts(work, discounts)).map((discount) => discount.id),
    automaticTax: session.automatic_tax.enabled,
    period: { start: work.now, end: work.now },
    finalizesAt: null,
    metadata: session.invoice_creation.invoice_data.metadata ?? {},
    description: session.invoice_creation.invoice_data.description,
  })
  const finalized = await finalizeInvoice(work, invoice.id, hidden.intent)
  if (finalized.status === 'open') await concludeInvoice(work, invoice.id, hidden)
  return { invoice: invoice.id }
}
