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
import { applied, type Effect, foreign, type Handler } from './effect.ts'

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
  const known = paymentIntentId ? await findOrderByPaymentIntent(deps.db, paymentIntentId) : null
  if (!known) return notKnown(deps, paymentIntentId)
  await follow(known.id)
  return applied
}

/** Ours but not settled yet is worth another attempt; somebody else's is not. */
async function notKnown(deps: CheckoutDeps, paymentIntentId: string | undefined): Promise<Effect> {
  if (!paymentIntentId) return foreign
  const metadata = await metadataOf(deps.stripe, paymentIntentId)
  if (metadata?.installation !== deps.installation.id) return foreign
  if (metadata.order && (await isWithStaff(deps, metadata.order))) {
    await followLedger(deps, metadata.order)
    if (await hasEnded(deps, metadata.order)) return applied
    return { ignored: 'Its order waits for staff' }
  }
  if (!metadata.order || !(await findOrder(deps.db, metadata.order)))
    return { ignored: 'There is no such order' }
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

/** A one-off payment's intent bears our metadata itself, a subscription's leads to it over its invoice. */
async function metadataOf(stripe: Stripe, paymentIntentId: string): Promise<Stripe.Metadata | null> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId)
  if (intent.metadata.installation) return intent.metadata
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    expand: ['data.invoice'],
  })
  const invoice = data[0]?.invoice
  if (!invoice || typeof invoice === 'string' || 'deleted' in invoice) return null
  return invoice.parent?.subscription_details?.metadata ?? null
}
