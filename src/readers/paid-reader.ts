import type { Transaction } from '../db/database.ts'
import * as store from './store.ts'

/**
 * The reader of an order paid with `email` (lower case), made if the address has none; `at` is the publication's time.
 * Waits for a sign-in or another order with the same address, so call it before a reader's row is locked.
 */
export async function readerForPaidEmail(
  tx: Transaction,
  email: string,
  at: Date,
): Promise<{ readerId: string; created: boolean }> {
  await store.lockAddress(tx, email)
  const known = await store.findReader(tx, email)
  if (known) return { readerId: known.id, created: false }
  const readerId = await store.insertReader(tx, email, at)
  if (!readerId) throw new Error('a reader was made behind the lock of their address')
  return { readerId, created: true }
}

/** Keeps a reader as they are until the transaction ends: two purchases by one reader meet here. */
export async function lockReader(tx: Transaction, readerId: string): Promise<void> {
  await store.lockReader(tx, readerId)
}
