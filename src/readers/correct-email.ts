import type { Transaction } from '../db/database.ts'
import { takeFromLimit } from '../db/limits.ts'
import { parseEmail } from './email.ts'
import { findReader, lockAddress, lockReader, updateEmail } from './store.ts'

/** Each answer tells whether an address has an account, so there are few of them. */
const perReaderAndHour = 10

/** 'proved': the address is shown to be right, and stays. 'taken': the new address has an account. */
export type Corrected =
  | { ok: true; email: string }
  | { ok: false; reason: 'no address' | 'proved' | 'taken' }
  | { ok: false; reason: 'limited'; retryAfterSeconds: number }

export interface Correction {
  readerId: string
  /** As typed. */
  email: string
  /** The publication's time. */
  at: Date
  /** The machine's. */
  now: Date
}

/**
 * Corrects the address of a reader who has not proved it; what else bears the address is the caller's to correct in the
 * same transaction, which must hold the locks on orders that it needs already. To the same address is fine.
 */
export async function correctEmail(tx: Transaction, correction: Correction): Promise<Corrected> {
  const email = parseEmail(correction.email)
  if (!email) return { ok: false, reason: 'no address' }
  const taken = await takeFromLimit(tx, `corrections by ${correction.readerId}`, {
    limit: perReaderAndHour,
    windowSeconds: 3600,
    now: correction.now,
  })
  if (!taken.allowed) return { ok: false, reason: 'limited', retryAfterSeconds: taken.retryAfterSeconds }
  await lockAddress(tx, email)
  // Were the old address proved amid this, its prover would be taken for the owner of the new one.
  if ((await lockReader(tx, correction.readerId)) !== false) return { ok: false, reason: 'proved' }
  const other = await findReader(tx, email)
  if (other && other.id !== correction.readerId) return { ok: false, reason: 'taken' }
  await updateEmail(tx, correction.readerId, email, correction.at)
  return { ok: true, email }
}
