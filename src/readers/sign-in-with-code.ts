import { isAPIError } from 'better-auth/api'
import type { Clock } from '../clock.ts'
import { type Database, inTransaction, type Transaction } from '../db/database.ts'
import { resetLimit, type Taken, takeFromLimit } from '../db/limits.ts'
import { type AuthSettings, openAuth } from './auth.ts'
import type { SessionCookie } from './cookie.ts'
import { parseEmail } from './email.ts'
import type { StaffRole } from './reader.ts'
import { deleteSession, findStaffRole, lockAddress, lockReaderByEmail } from './store.ts'

const hour = 3600
/** Tries without success. A guesser of one address has one chance in 10,000 a day with these. */
const perAddressAndHour = 30
const perAddressAndDay = 100
const perNetworkAndHour = 300

export interface SignInAttempt {
  /** As typed. */
  email: string
  code: string
  network: string
  /** The session that the browser has until now, which ends; null when it has none. */
  sessionId: string | null
}

/**
 * 'wrong': not this address's newest code, or used already. 'expired': right or wrong, it has run out. 'spent': tried
 * too often, and used up by that.
 */
export type SignIn =
  | { ok: true; readerId: string; staffRole: StaffRole | null; setCookie: string }
  | { ok: false; reason: 'wrong' | 'expired' | 'spent' }
  | { ok: false; reason: 'limited'; retryAfterSeconds: number }

export interface SignInDeps {
  db: Database
  auth: AuthSettings
  cookie: SessionCookie
  clock: Clock
  realClock: Clock
}

/**
 * Signs in whoever knows the code mailed to an address; a new address gets its reader. The first proof of an address
 * ends all sessions that paying had opened for it. A code signs in once, even when it comes twice at the same moment.
 */
export async function signInWithCode(deps: SignInDeps, attempt: SignInAttempt): Promise<SignIn> {
  const email = parseEmail(attempt.email)
  const code = attempt.code.replace(/[\s-]/g, '')
  if (!email || !/^\d{6}$/.test(code)) return { ok: false, reason: 'wrong' }
  const taken = await takeTry(deps, email, attempt.network)
  if (!taken.allowed) return { ok: false, reason: 'limited', retryAfterSeconds: taken.retryAfterSeconds }
  const signIn = await inTransaction(deps.db, async (tx) => {
    await lockAddress(tx, email)
    await lockReaderByEmail(tx, email)
    return useCode(deps, tx, email, code)
  })
  if (signIn.ok) await forget(deps.db, email, attempt.sessionId)
  return signIn
}

async function takeTry({ db, realClock }: SignInDeps, email: string, network: string): Promise<Taken> {
  const now = realClock()
  for (const [key, limit, windowSeconds] of [
    [`tries from ${network}`, perNetworkAndHour, hour],
    [triesInHour(email), perAddressAndHour, hour],
    [triesInDay(email), perAddressAndDay, 24 * hour],
  ] as const) {
    const taken = await takeFromLimit(db, key, { limit, windowSeconds, now })
    if (!taken.allowed) return taken
  }
  return { allowed: true }
}

const triesInHour = (email: string) => `tries in an hour for ${email}`
const triesInDay = (email: string) => `tries in a day for ${email}`

/** A refused code is a value and commits: the try it cost must be counted. */
async function useCode(
  { auth: settings, cookie, clock }: SignInDeps,
  tx: Transaction,
  email: string,
  code: string,
): Promise<SignIn> {
  const auth = openAuth(tx, settings, clock())
  try {
    const { token, user } = await auth.api.signInEmailOTP({ body: { email, otp: code } })
    const staffRole = await findStaffRole(tx, user.id)
    return { ok: true, readerId: user.id, staffRole, setCookie: cookie.give(token) }
  } catch (error) {
    const reason = isAPIError(error) ? reasons[String(error.body?.code)] : undefined
    if (!reason) throw error
    return { ok: false, reason }
  }
}

const reasons: Record<string, 'wrong' | 'expired' | 'spent'> = {
  INVALID_OTP: 'wrong',
  OTP_EXPIRED: 'expired',
  TOO_MANY_ATTEMPTS: 'spent',
}

/** Who knows the code is no guesser; and the browser's old session has no use any more. */
async function forget(db: Database, email: string, sessionId: string | null): Promise<void> {
  await resetLimit(db, triesInHour(email))
  await resetLimit(db, triesInDay(email))
  if (sessionId) await deleteSession(db, sessionId)
}
