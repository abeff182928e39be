import type Stripe from 'stripe'
import type { CheckoutDeps } from '../../checkout/deps.ts'
import { inTransaction } from '../../db/database.ts'
import { holdByState } from '../../entitlements/hold.ts'
import { followDispute } from '../../orders/disputes.ts'
import type { Order } from '../../orders/order.ts'
import { followRefunds } from '../../orders/refunds.ts'
import { findOrderByPaymentIntent, lockOrder } from '../../orders/store.ts'
import { applied, type Effect, foreign, type Handler } from './effect.ts'

/** charge.refunded and refund.*: charges and refunds name their payment intent, and that one's payment is ours or not. */
export const onRefund: Handler = (deps, event) =>
  onOrder(deps, event.refersTo.payment_intent, (orderId) => followRefunds(deps, orderId))

/** charge.dispute.* */
export const onDispute: Handler = (deps, event) =>
  onOrder(deps, event.refersTo.payment_intent, (orderId) => followDispute(deps, orderId, event.objectId))

async function onOrder(
  deps: CheckoutDeps,
  paymentIntentId: string | undefined,
  follow: (orderId: string) => Promise<Order | null>,
): Promise<Effect> {
  const known = paymentIntentId ? await findOrderByPaymentIntent(deps.db, paymentIntentId) : null
  if (!known) return notKnown(deps, paymentIntentId)
  await follow(known.id)
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, known.id)
    if (order) await holdByState(tx, order)
  })
  return applied
}

/** Ours but not settled yet is worth another attempt; somebody else's is not. */
async function notKnown(deps: CheckoutDeps, paymentIntentId: string | undefined): Promise<Effect> {
  if (!paymentIntentId) return foreign
  if ((await installationOf(deps.stripe, paymentIntentId)) !== deps.installation.id) return foreign
  throw new Error(`payment intent ${paymentIntentId} is ours and not settled yet`)
}

/** A one-off payment's intent bears our metadata itself, a subscription's leads to it over its invoice. */
async function installationOf(stripe: Stripe, paymentIntentId: string): Promise<string | null> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId)
  if (intent.metadata.installation) return intent.metadata.installation
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    expand: ['data.invoice'],
  })
  const invoice = data[0]?.invoice
  if (!invoice || typeof invoice === 'string' || 'deleted' in invoice) return null
  return invoice.parent?.subscription_details?.metadata?.installation ?? null
}
