import type { Clock } from '../clock.ts'
import type { Transaction } from '../db/database.ts'
import { type AuthSettings, openAuth } from './auth.ts'
import type { SessionCookie } from './cookie.ts'
import { lockReader } from './store.ts'

/**
 * The session of a browser that has just paid with a new address: it may read and may correct the address, nothing
 * else. Returns the Set-Cookie header's value; null when the address has been proved meanwhile, since the first proof
 * ends such sessions and a later one must not come back in, and when there is no such reader.
 */
export async function openUnprovedSession(
  deps: { auth: AuthSettings; cookie: SessionCookie; clock: Clock },
  tx: Transaction,
  readerId: string,
): Promise<string | null> {
  if ((await lockReader(tx, readerId)) !== false) return null
  const { internalAdapter } = await openAuth(tx, deps.auth, deps.clock()).$context
  // The last argument lets `proved` win over its default.
  const session = await internalAdapter.createSession(readerId, false, { proved: false }, true)
  return deps.cookie.give(session.token)
}
