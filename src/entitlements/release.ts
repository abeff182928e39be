import type { Clock } from '../clock.ts'
import { type Database, inTransaction } from '../db/database.ts'
import { writeHistory } from '../orders/history.ts'
import { lockOrder } from '../orders/store.ts'
import { withRelease } from './entitlement.ts'
import { askAboutRenewals, holdByState, wishFor } from './hold.ts'
import { listEntitlementsOfOrder, updateEntitlement } from './store.ts'

export interface Release {
  orderId: string
  /** false takes it back. */
  released: boolean
  /** The address of the member of staff. */
  by: string
}

/** nothing_held: no full refund and no lost dispute stands in the way; an open dispute is for the bank to decide. */
export type ReleaseOutcome = 'done' | 'nothing_held'

/**
 * Lets a reader read on in spite of a full refund or of a lost dispute, or takes that back; written to the order's history
 * with who did it. Asked twice, it changes nothing more.
 */
export async function release(
  deps: { db: Database; clock: Clock },
  { orderId, released, by }: Release,
): Promise<ReleaseOutcome> {
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    const wish = order ? await wishFor(tx, order) : null
    if (!order || (wish !== 'refund' && wish !== 'dispute_lost')) return 'nothing_held'
    const waiting = (await listEntitlementsOfOrder(tx, orderId)).filter(
      (one) => one.held !== 'line_ended' && one.released !== released,
    )
    for (const one of waiting) await updateEntitlement(tx, withRelease(one, released, wish))
    if (waiting.length > 0) {
      const text = released ? `${by} lets the reader read on all the same` : `${by} ended reading on`
      await writeHistory(tx, orderId, { at: deps.clock(), text, by: 'staff' })
    }
    await holdByState(tx, order, deps.clock())
    if (waiting.length > 0 && !released && wish === 'dispute_lost')
      await askAboutRenewals(tx, order, deps.clock())
    return 'done'
  })
}
