import type Stripe from 'stripe'
import { cancelAtOnce } from '../subscriptions/cancel-at-once.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession } from './read-session.ts'
import { settle } from './settle.ts'

/**
 * Ends at Stripe the subscription of an order that a bank would not pay: its reader was told that nothing is charged, and
 * may have bought anew, so Stripe must not ask the bank again. What was paid after all stays. While Stripe asks the bank
 * once more, nothing can be called off: the news of its answer, days later, settles the order or brings us here again.
 * Run as a job: may die anywhere and be run again. Throws while Stripe does not answer.
 */
export async function endUnpaid(deps: CheckoutDeps, sessionId: string): Promise<void> {
  const { outcome } = await settle(deps, sessionId)
  if (outcome === 'settled' || outcome === 'already') return
  const { invoiceId, subscription } = await readSession(deps.stripe, sessionId)
  if (invoiceId && (await voidInvoice(deps, invoiceId)) === 'bank_asked') return
  if (subscription) await cancelAtOnce(deps.stripe, subscription.id)
}

/** Before the subscription: what was paid in the meantime cannot be voided, and the next try settles it. */
async function voidInvoice({ stripe }: CheckoutDeps, id: string): Promise<'ended' | 'bank_asked'> {
  const invoice = await stripe.invoices.retrieve(id, { expand: ['payments.data.payment.payment_intent'] })
  if (isBankAsked(invoice)) return 'bank_asked'
  if (!['open', 'uncollectible', 'paid'].includes(invoice.status ?? '')) return 'ended'
  try {
    await stripe.invoices.voidInvoice(id)
  } catch (error) {
    // Another try at the same moment may have done it.
    if ((await stripe.invoices.retrieve(id)).status !== 'void') throw error
  }
  return 'ended'
}

function isBankAsked({ payments }: Stripe.Invoice): boolean {
  const intents = (payments?.data ?? []).map(({ payment }) => payment.payment_intent)
  return intents.some((intent) => typeof intent === 'object' && intent?.status === 'processing')
}
