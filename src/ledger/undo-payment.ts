import type { Transaction } from '../db/database.ts'
import { negate } from '../money/money.ts'
import { reversed } from './posting.ts'
import { findEntries, listTerms, post } from './store.ts'

/**
 * Posts the reverse of a payment that turned out to be none, once; one that was never posted is left alone. Its source is
 * the id that it was posted under.
 */
export async function undoPayment(
  tx: Transaction,
  orderId: string,
  stripeSourceId: string,
  now: Date,
): Promise<void> {
  const entries = await findEntries(tx, 'payment', stripeSourceId)
  if (!entries) return
  const terms = (await listTerms(tx, 'payment', stripeSourceId)).map((term) => ({
    ...term,
    amount: negate(term.amount),
  }))
  const cause = { orderId, kind: 'payment_undone', stripeId: stripeSourceId, paymentIntentId: null } as const
  await post(tx, { ...cause, at: now, entries: reversed(entries), terms }, now)
}
