import type { Transaction } from '../db/database.ts'

export interface HistoryEntry {
  at: Date
  text: string
  by: 'reader' | 'staff' | 'stripe' | 'newsstand'
}

/** Adds a line to what happened to an order; lines are never changed. */
export async function writeHistory(tx: Transaction, orderId: string, entry: HistoryEntry): Promise<void> {
  await tx
    .insertInto('order_history')
    .values({ order_id: orderId, at: entry.at, text: entry.text, by: entry.by })
    .execute()
}

/** In the order in which it was written. */
export async function listHistory(db: Transaction, orderId: string): Promise<HistoryEntry[]> {
  return db
    .selectFrom('order_history')
    .select(['at', 'text', 'by'])
    .where('order_id', '=', orderId)
    .orderBy('id')
    .execute()
}
