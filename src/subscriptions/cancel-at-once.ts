import type Stripe from 'stripe'

/** Ends a subscription at Stripe now, with nothing billed and nothing credited. Ended already, it stays so. */
export async function cancelAtOnce(stripe: Stripe, stripeSubscriptionId: string): Promise<void> {
  try {
    await stripe.subscriptions.cancel(stripeSubscriptionId, { prorate: false, invoice_now: false })
  } catch (error) {
    // An earlier try may have come this far.
    const { status } = await stripe.subscriptions.retrieve(stripeSubscriptionId)
    if (status !== 'canceled') throw error
  }
}
