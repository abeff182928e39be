import { cancelAtOnce } from '../subscriptions/cancel-at-once.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession } from './read-session.ts'
import { settle } from './settle.ts'

/**
 * Ends at Stripe the subscription of an order that a bank would not pay: its reader was told that nothing is charged, and
 * may have bought anew, so Stripe must not ask the bank again. What was paid after all stays. Run as a job: may die
 * anywhere and be run again. Throws while Stripe does not answer, or asks the bank at this very moment.
 */
export async function endUnpaid(deps: CheckoutDeps, sessionId: string): Promise<void> {
  const { outcome } = await settle(deps, sessionId)
  if (outcome === 'settled' || outcome === 'already') return
  const { invoiceId, subscription } = await readSession(deps.stripe, sessionId)
  if (invoiceId) await voidInvoice(deps, invoiceId)
  if (subscription) await cancelAtOnce(deps.stripe, subscription.id)
}

/** Before the subscription: what was paid in the meantime cannot be voided, and the next try settles it. */
async function voidInvoice({ stripe }: CheckoutDeps, id: string): Promise<void> {
  const { status } = await stripe.invoices.retrieve(id)
  if (status === 'open' || status === 'uncollectible' || status === 'paid')
    await stripe.invoices.voidInvoice(id)
}
