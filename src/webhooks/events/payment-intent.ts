import type Stripe from 'stripe'
import { idOf } from '../../stripe/client.ts'
import type { Handler } from './effect.ts'
import { followOrSettle } from './subscription.ts'

/**
 * payment_intent.processing: a bank is being asked, for days. For a renewal nothing else tells so; for a first payment its
 * Checkout Session does.
 */
export const onProcessing: Handler = async (deps, event) => {
  const subscriptionId = await findSubscription(deps.stripe, event.objectId)
  return subscriptionId ? followOrSettle(deps, subscriptionId) : { ignored: 'Not for a subscription' }
}

/** Which subscription's invoice this payment intent pays; null: none. */
async function findSubscription(stripe: Stripe, paymentIntentId: string): Promise<string | null> {
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: paymentIntentId },
    expand: ['data.invoice'],
  })
  const invoice = data[0]?.invoice
  if (!invoice || typeof invoice === 'string' || 'deleted' in invoice) return null
  return idOf(invoice.parent?.subscription_details?.subscription)
}
