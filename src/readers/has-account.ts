import type { Transaction } from '../db/database.ts'
import { parseEmail } from './email.ts'
import { findReader } from './store.ts'

/** Whether an address has a reader, proved or not. For the house's own decisions: people are not told. */
export async function hasAccount(db: Transaction, email: string): Promise<boolean> {
  const address = parseEmail(email)
  return address !== null && (await findReader(db, address)) !== null
}
