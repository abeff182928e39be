import { type Database, inTransaction } from '../db/database.ts'
import { findReader, insertReader, lockAddress, setStaffRole } from './store.ts'

/** Makes `email` (lower case) the owner, reader and member of staff; harmless when it is one. `at` is the publication's time. */
export async function ensureOwner(db: Database, email: string, at: Date): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockAddress(tx, email)
    const readerId = (await findReader(tx, email))?.id ?? (await insertReader(tx, email, at))
    if (!readerId) throw new Error('a reader was made behind the lock of their address')
    await setStaffRole(tx, readerId, 'owner', at)
  })
}
