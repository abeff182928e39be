import { isAPIError } from 'better-auth/api'
import type { Clock } from '../clock.ts'
import { type Database, inTransaction, type Transaction } from '../db/database.ts'
import { resetLimit, type Taken, takeFromLimits } from '../db/limits.ts'
import { type AuthSettings, openAuth } from './auth.ts'
import type { SessionCookie } from './cookie.ts'
import { parseEmail } from './email.ts'
import type { StaffRole } from './reader.ts'
import { deleteSession, findStaffRole, lockAddress, lockReaderByEmail } from './store.ts'

const hour = 3600
/**
 * Tries without success. A guesser of one address has one chance in 10,000 a day with these, from however many networks;
 * from one network it cannot use up the address's. A browser in which the address was proved has its own.
 */
const perAddressAndHour = 60
const perAddressAndDay = 100
const perAddressAndNetwork = { inHour: 30, inDay: 40 }
const perAddressAndBrowser = { inHour: 15, inDay: 30 }
const perNetworkAndHour = 300

export interface SignInAttempt {
  /** As typed. */
  email: string
  code: string
  network: string
  /** The browser's name, if the address was proved in it before; null or absent if not. */
  browser?: string | null
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
  const taken = await takeTry(deps, email, attempt)
  if (!taken.allowed) return { ok: false, reason: 'limited', retryAfterSeconds: taken.retryAfterSeconds }
  const signIn = await inTransaction(deps.db, async (tx) => {
    await lockAddress(tx, email)
    await lockReaderByEmail(tx, email)
    return useCode(deps, tx, email, code)
  })
  if (signIn.ok) await forget(deps.db, email, attempt)
  return signIn
}

async function takeTry({ db, realClock }: SignInDeps, email: string, attempt: SignInAttempt): Promise<Taken> {
  const now = realClock()
  const network = {
    key: `tries from ${attempt.network}`,
    limit: perNetworkAndHour,
    windowSeconds: hour,
    now,
  }
  return takeFromLimits(db, [network, ...limitsOf(email, attempt).map((limit) => ({ ...limit, now }))])
}

/** Those that count tries at the address; a success forgets them. */
function limitsOf(email: string, { network, browser }: Pick<SignInAttempt, 'network' | 'browser'>) {
  const day = 24 * hour
  const of = (who: string, { inHour, inDay }: { inHour: number; inDay: number }) => [
    { key: `tries in an hour for ${email} by ${who}`, limit: inHour, windowSeconds: hour },
    { key: `tries in a day for ${email} by ${who}`, limit: inDay, windowSeconds: day },
  ]
  if (browser) return of(browser, perAddressAndBrowser)
  return [
    ...of(network, perAddressAndNetwork),
    ...of('anyone', { inHour: perAddressAndHour, inDay: perAddressAndDay }),
  ]
}

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
async function forget(db: Database, email: string, attempt: SignInAttempt): Promise<void> {
  const { network, browser, sessionId } = attempt
  const limits = [...limitsOf(email, { network }), ...(browser ? limitsOf(email, { network, browser }) : [])]
  for (const { key } of limits) await resetLimit(db, key)
  if (sessionId) await deleteSession(db, sessionId)
}
