import type { Clock } from '../clock.ts'
import { type Database, inTransaction } from '../db/database.ts'
import { closeDrift, isDriftOpen } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { lockOrder } from '../orders/store.ts'

export interface GoesOn {
  orderId: string
  /** The refund that the question was about. */
  stripeRefundId: string
  /** The address of the member of staff. */
  by: string
}

/**
 * Keeps the answer that a subscription goes on although all that was paid for it went back. Any number of times: what was
 * answered, or was never asked of this order, changes nothing.
 */
export async function letGoOn(deps: { db: Database; clock: Clock }, answer: GoesOn): Promise<void> {
  const { orderId, stripeRefundId, by } = answer
  const question = { kind: 'refunded_goes_on', subject: stripeRefundId } as const
  await inTransaction(deps.db, async (tx) => {
    await lockOrder(tx, orderId)
    if (!(await isDriftOpen(tx, question, orderId))) return
    await closeDrift(tx, question, deps.clock(), { by, how: 'Let it go on' })
    const text = `${by} let the subscription go on after refund ${stripeRefundId}`
    await writeHistory(tx, orderId, { at: deps.clock(), text, by: 'staff' })
  })
}
