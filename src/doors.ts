import type { Request } from 'express'
import type { SignedInReader } from './account/deps.ts'
import type { AdminDeps } from './admin/deps.ts'
import { type Clock, realClock } from './clock.ts'
import { type Database, inTransaction } from './db/database.ts'
import { queueJob } from './jobs/queue-job.ts'
import { lockOrdersOf, readdressOrdersOf } from './orders/store.ts'
import { openAccounts } from './readers/accounts.ts'
import { correctEmail } from './readers/correct-email.ts'
import { sessionOf } from './readers/load-session.ts'
import type { Readers } from './readers/readers.ts'

export interface DoorDeps {
  db: Database
  clock: Clock
  readers: Readers
}

/** Who may do what, as the checkout, the account and the staff desk ask it. */
export function openDoors(deps: DoorDeps) {
  return {
    accounts: openAccounts(deps.db, deps.readers),
    readerOf,
    correctEmail: correction(deps),
    visitorOf,
  }
}

function readerOf(req: Request): SignedInReader | null {
  const session = sessionOf(req)
  return session ? { readerId: session.readerId, email: session.email, proved: session.proved } : null
}

const visitorOf: AdminDeps['visitorOf'] = (req) => {
  const session = sessionOf(req)
  if (!session) return { kind: 'stranger' }
  const { readerId, email, staffRole } = session
  return staffRole ? { kind: 'staff', staff: { readerId, email, role: staffRole } } : { kind: 'reader' }
}

const correctionProblems = {
  'no address': 'Enter an e-mail address, such as name@example.com.',
  proved: 'This address is confirmed already, so it can no longer be corrected here.',
  taken: 'That address cannot be used. If it is yours, sign in with it instead.',
  limited: 'The address was corrected several times. Please wait an hour.',
}

/**
 * The reader's orders bear the address too, and are locked first, as settling does; so do the customers at Stripe, which a
 * job corrects once this is committed.
 */
function correction({ db, clock }: DoorDeps) {
  return async (reader: SignedInReader, email: string): Promise<string | null> => {
    const { readerId } = reader
    const corrected = await inTransaction(db, async (tx) => {
      await lockOrdersOf(tx, readerId)
      const result = await correctEmail(tx, { readerId, email, at: clock(), now: realClock() })
      if (!result.ok) return result
      await readdressOrdersOf(tx, readerId, result.email)
      await queueJob(tx, 'correct-customers', { readerId }, { key: `correct-customers:${readerId}` })
      return result
    })
    return corrected.ok ? null : correctionProblems[corrected.reason]
  }
}
