import type Stripe from 'stripe'
import type { CheckoutDeps } from '../../checkout/deps.ts'
import { findLatestSession } from '../../checkout/sessions.ts'
import { settle } from '../../checkout/settle.ts'
import { afterMoneyMoved } from '../../checkout/weigh-duplicate.ts'
import { followDispute } from '../../orders/disputes.ts'
import { listDrift } from '../../orders/drift.ts'
import { followLedger } from '../../orders/follow-ledger.ts'
import type { Order } from '../../orders/order.ts'
import { followRefunds } from '../../orders/refunds.ts'
import { findOrder, findOrderByPaymentIntent } from '../../orders/store.ts'
import { idOf } from '../../stripe/client.ts'
import { applied, type Effect, foreign, type Handler } from './effect.ts'
import { followOrSettle } from './subscription.ts'

/** charge.refunded and refund.*: charges and refunds name their payment intent, and that one's payment is ours or not. */
export const onRefund: Handler = (deps, event) =>
  onOrder(deps, event.refersTo.payment_intent, (orderId) =>
    followRefunds(deps, orderId, afterMoneyMoved(deps)),
  )

/** charge.dispute.* */
export const onDispute: Handler = (deps, event) =>
  onOrder(deps, event.refersTo.payment_intent, (orderId) =>
    followDispute(deps, orderId, event.objectId, afterMoneyMoved(deps)),
  )

async function onOrder(
  deps: CheckoutDeps,
  paymentIntentId: string | undefined,
  follow: (orderId: string) => Promise<Order | null>,
): Promise<Effect> {
  if (!paymentIntentId) return foreign
  const known = await findOrderByPaymentIntent(deps.db, paymentIntentId)
  if (!known) return notKnown(deps, paymentIntentId, follow)
  await follow(known.id)
  return applied
}

/**
 * Ours but not recorded yet is settled or followed first, since what tells of the payment may come much later than this, or never; if
 * it cannot be, it is worth another attempt. Somebody else's is not.
 */
async function notKnown(
  deps: CheckoutDeps,
  paymentIntentId: string,
  follow: (orderId: string) => Promise<Order | null>,
): Promise<Effect> {
  const { metadata, subscription } = await sourceOf(deps.stripe, paymentIntentId)
  if (metadata?.installation !== deps.installation.id) return foreign
  const order = metadata.order ? await findOrder(deps.db, metadata.order) : null
  const isItsOwn = subscription !== null && subscription === order?.stripeSubscriptionId
  if (metadata.order && !isItsOwn && (await isWithStaff(deps, metadata.order))) {
    await followLedger(deps, metadata.order)
    if (await hasEnded(deps, metadata.order)) return applied
    return { ignored: 'Its order waits for staff' }
  }
  if (!order) return { ignored: 'There is no such order' }
  if (subscription) await followOrSettle(deps, subscription)
  else await settleWhatPaid(deps, paymentIntentId)
  const settled = await findOrderByPaymentIntent(deps.db, paymentIntentId)
  if (settled) {
    await follow(settled.id)
    return applied
  }
  throw new Error(`payment intent ${paymentIntentId} is ours and not settled yet`)
}

/** Paid, but not what was ordered, or paid once more: it was never settled, and refunding it is how staff end it. */
async function isWithStaff(deps: CheckoutDeps, orderId: string): Promise<boolean> {
  const drift = await listDrift(deps.db, orderId)
  return drift.some(({ kind }) => kind === 'session_differs' || kind === 'paid_twice')
}

/** One that staff have paid back whole at Stripe ends so; settling it tells. */
async function hasEnded(deps: CheckoutDeps, orderId: string): Promise<boolean> {
  const session = await findLatestSession(deps.db, orderId)
  return session !== null && (await settle(deps, session.id)).outcome === 'already'
}

async function settleWhatPaid(deps: CheckoutDeps, paymentIntent: string): Promise<void> {
  const { data } = await deps.stripe.checkout.sessions.list({ payment_intent: paymentIntent, limit: 1 })
  if (data[0]) await settle(deps, data[0].id)
}

interface Source {
  metadata: Stripe.Metadata | null
  /** null: the payment is for none. */
  subscription: string | null
}

/** A one-off payment's intent bears our metadata itself, a subscription's leads to it over its invoice. */
async function sourceOf(stripe: Stripe, paymentIntentId: string): Promise<Source> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId)
  if (intent.metadata.installation) return { metadata: intent.metadata, subscription: null }
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    expand: ['data.invoice'],
  })
  const invoice = data[0]?.invoice
  if (!invoice || typeof invoice === 'string' || 'deleted' in invoice)
    return { metadata: null, subscription: null }
  const details = invoice.parent?.subscription_details
  return { metadata: details?.metadata ?? null, subscription: idOf(details?.subscription) }
}
