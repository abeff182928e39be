import type { Transaction } from '../db/database.ts'
import { deleteSessionsOf } from './store.ts'

/** Signs a reader out of all browsers, `except` the one with this session. Returns how many sessions ended. */
export async function endSessions(
  tx: Transaction,
  readerId: string,
  options: { except?: string } = {},
): Promise<number> {
  return deleteSessionsOf(tx, readerId, options.except ?? null)
}
