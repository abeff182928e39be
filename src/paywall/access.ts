import type { Transaction } from '../db/database.ts'
import type { Entitlement } from '../entitlements/entitlement.ts'
import { listEntitlementsOf } from '../entitlements/store.ts'
import { type Decision, decideAccess, type Guarded } from './decide-access.ts'

/** What a reader has; nothing for a stranger (null). */
export async function entitlementsFor(db: Transaction, readerId: string | null): Promise<Entitlement[]> {
  return readerId ? listEntitlementsOf(db, readerId) : []
}

/** The decision for a request: the same function that staff ask "why can this reader read this?". */
export async function accessFor(
  db: Transaction,
  article: Guarded,
  readerId: string | null,
  now: Date,
): Promise<Decision> {
  if (article.access === 'free') return decideAccess(article, [], null, now)
  return decideAccess(article, await entitlementsFor(db, readerId), null, now)
}
