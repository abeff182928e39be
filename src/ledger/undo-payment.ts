import type { Transaction } from '../db/database.ts'
import { negate } from '../money/money.ts'
import { findPaymentNames } from './payment-names.ts'
import { reversed } from './posting.ts'
import { findEntries, findIntentOfPayment, listTerms, post } from './store.ts'

/**
 * Posts the reverse of a payment that turned out to be none; one that is not posted, or undone already, is left alone. Its
 * source is the id that it was for at Stripe.
 */
export async function undoPayment(
  tx: Transaction,
  orderId: string,
  stripeSourceId: string,
  now: Date,
): Promise<void> {
  const name = (await findPaymentNames(tx, [stripeSourceId])).standing.get(stripeSourceId)
  const entries = name ? await findEntries(tx, 'payment', name) : null
  if (!name || !entries) return
  const terms = (await listTerms(tx, 'payment', name)).map((term) => ({
    ...term,
    amount: negate(term.amount),
  }))
  const paymentIntentId = await findIntentOfPayment(tx, name)
  const cause = { orderId, kind: 'payment_undone', stripeId: name, paymentIntentId } as const
  await post(tx, { ...cause, at: now, entries: reversed(entries), terms }, now)
}
