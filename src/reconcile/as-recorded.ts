import type { DriftKind } from '../orders/drift.ts'
import type { Weigh } from './kind.ts'

/** For what is written down, and closed, elsewhere: it is there as long as it is open. */
export function asRecorded(kind: DriftKind, subject: string): Weigh {
  return async (tx) => {
    const row = await tx
      .selectFrom('drift')
      .selectAll()
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .where('closed_at', 'is', null)
      .executeTakeFirst()
    if (!row) return null
    return { orderId: row.order_id, stripeSays: row.stripe_says, weSay: row.we_say, fix: row.fix }
  }
}
