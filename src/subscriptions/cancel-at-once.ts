import type Stripe from 'stripe'
import { orNull } from '../stripe/client.ts'
import { hasEnded } from './subscription.ts'

/**
 * Ends a subscription at Stripe now, with nothing billed and nothing credited. One that has ended, or that Stripe does not
 * have, is left alone. Throws what else Stripe's client throws.
 */
export async function cancelAtOnce(stripe: Stripe, stripeSubscriptionId: string): Promise<void> {
  try {
    await stripe.subscriptions.cancel(stripeSubscriptionId, { prorate: false, invoice_now: false })
  } catch (error) {
    // An earlier try may have come this far: Stripe refuses to cancel what has ended.
    const present = await orNull(stripe.subscriptions.retrieve(stripeSubscriptionId))
    if (present && !hasEnded(present.status)) throw error
  }
}
