import { inTransaction } from '../db/database.ts'
import { closeDrift, isDriftOpen } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { lockOrder } from '../orders/store.ts'
import { endLine } from './end-line.ts'
import type { FollowDeps } from './follow-subscription.ts'

export interface RefundAnswer {
  orderId: string
  stripeRefundId: string
  /** The position of the line to end, from 0; null: everything stays as it is. */
  ends: number | null
  /** The address of the member of staff. */
  by: string
}

/**
 * Carries out what staff decided about a part that was refunded at Stripe, and closes the question. Any number of times: a
 * question that was answered changes nothing more. Throws what Stripe's client throws; then the question stays open.
 */
export async function answerRefund(deps: FollowDeps, answer: RefundAnswer): Promise<void> {
  const { orderId, stripeRefundId, ends, by } = answer
  const question = { kind: 'refund_names_no_line', subject: stripeRefundId } as const
  if (!(await isDriftOpen(deps.db, question, orderId))) return
  if (ends !== null) await endLine(deps, { orderId, position: ends, by })
  await inTransaction(deps.db, async (tx) => {
    await lockOrder(tx, orderId)
    const closed = await closeDrift(tx, question, deps.clock())
    if (!closed || ends !== null) return
    const text = `${by} left open what the order opens after refund ${stripeRefundId}`
    await writeHistory(tx, orderId, { at: deps.clock(), text, by: 'staff' })
  })
}
