import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { type Database, inTransaction } from '../db/database.ts'
import { type Taken, takeFromLimits } from '../db/limits.ts'
import type { Outbox } from '../mail/outbox.ts'
import { type AuthSettings, openAuth } from './auth.ts'
import { codeLink } from './code-link.ts'
import { parseEmail } from './email.ts'
import { codeMinutes } from './reader.ts'
import { lockAddress } from './store.ts'

/**
 * At most this many codes an hour: people mistype and lose mails, and an office shares one address. A stranger's network
 * can use up its own codes for an address and not the address's; a browser in which it was proved has its own.
 */
const perAddressAndNetwork = 12
const perAddressAndBrowser = 12
const perAddress = 36
const perNetwork = 300
/** A page waits this long for its mail to leave; after that, and if it fails, the job sees to it. */
const patienceMs = 4_000

export interface CodeRequest {
  /** As typed. */
  email: string
  /** Whose requests are counted together: `networkOf(req.ip)`. */
  network: string
  /** The browser's name, if the address was proved in it before; null or absent if not. */
  browser?: string | null
  /** A local path to go on to from the link in the mail; null: none in particular. */
  next: string | null
}

export type CodeSent =
  | { sent: true; email: string }
  | { sent: false; reason: 'no address' }
  | { sent: false; reason: 'limited'; retryAfterSeconds: number }

export interface SendDeps {
  db: Database
  auth: AuthSettings
  publication: string
  outbox: Outbox
  clock: Clock
  realClock: Clock
  logError: (error: unknown, message: string) => void
}

/**
 * Mails a code to any plausible address, whether or not it has an account, so that nobody learns which have one. The
 * newest code alone counts. When this resolves the mail has left, unless the mail server was slow or failed.
 */
export async function sendSignInCode(deps: SendDeps, request: CodeRequest): Promise<CodeSent> {
  const email = parseEmail(request.email)
  if (!email) return { sent: false, reason: 'no address' }
  const taken = await takeCode(deps, email, request)
  if (!taken.allowed) return { sent: false, reason: 'limited', retryAfterSeconds: taken.retryAfterSeconds }
  const mailId = await inTransaction(deps.db, async (tx) => {
    await lockAddress(tx, email)
    const auth = openAuth(tx, deps.auth, deps.clock())
    const code = await auth.api.createVerificationOTP({ body: { email, type: 'sign-in' } })
    return queueCode(deps, tx, email, code, request.next)
  })
  await deliverSoon(deps, mailId)
  return { sent: true, email }
}

async function takeCode(
  { db, realClock }: SendDeps,
  email: string,
  { network, browser }: CodeRequest,
): Promise<Taken> {
  const [now, windowSeconds] = [realClock(), 3600]
  return takeFromLimits(db, [
    { key: `codes to ${network}`, limit: perNetwork, windowSeconds, now },
    ...(browser
      ? [{ key: `codes for ${email} to ${browser}`, limit: perAddressAndBrowser, windowSeconds, now }]
      : [
          {
            key: `codes for ${email} to ${network}`,
            limit: perAddressAndNetwork,
            windowSeconds,
            now,
          },
          { key: `codes for ${email}`, limit: perAddress, windowSeconds, now },
        ]),
  ])
}

async function queueCode(
  { auth, outbox, publication, clock, realClock }: SendDeps,
  tx: Parameters<Outbox['queueMail']>[0],
  email: string,
  code: string,
  next: string | null,
): Promise<string> {
  const link = codeLink(auth.publicUrl, email, code, next)
  const letter = await outbox.renderMail('code', { publication, code, link, minutes: codeMinutes })
  const uselessAfter = new Date(realClock().getTime() + codeMinutes * 60_000)
  return outbox.queueMail(tx, {
    ...letter,
    to: email,
    kind: 'code',
    at: clock(),
    secret: true,
    uselessAfter,
    delivering: true,
  })
}

async function deliverSoon({ outbox, logError }: SendDeps, mailId: string): Promise<void> {
  const delivery = outbox.deliverMail(mailId).catch((error: unknown) => {
    logError(error, 'a code could not be mailed at once')
  })
  await Promise.race([delivery, wait(patienceMs, undefined, { ref: false })])
}
