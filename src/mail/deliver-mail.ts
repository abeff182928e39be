import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { type OutgoingMail, Refused, type Sender } from './mail.ts'
import { claimMail, findMailState, markGivenUp, markSent, releaseMail } from './store.ts'

/** A try lasts this long at most, and its claim a little longer. */
const trySeconds = 45
const claimSeconds = 60

/** How a call ended: 'underway' means that another process has the mail, 'none' that there is no such mail. */
export type Delivery = 'sent' | 'given up' | 'underway' | 'none'

/** A try that failed and may succeed later. The message names neither address nor content. */
export class NotSentYet extends Error {
  override name = 'NotSentYet'
}

interface Deps {
  db: Database
  sender: Sender
  clock: Clock
  realClock: Clock
}

/**
 * Sends a queued mail. Called twice, or by two processes at once, it sends once: the claim lets one through. Only when
 * a process dies (or loses the database) after the carrier took the mail and before that was written down is it sent
 * again, with the same id.
 * Throws NotSentYet when a later try may succeed.
 */
export async function deliverMail(deps: Deps, id: string): Promise<Delivery> {
  const now = deps.realClock()
  const claim = await claimMail(deps.db, id, now, new Date(now.getTime() + claimSeconds * 1000))
  if (!claim) return whatBecameOf(deps.db, id)
  if (claim.uselessAfter && claim.uselessAfter <= now) {
    await markGivenUp(deps.db, id, deps.clock(), 'too late')
    return 'given up'
  }
  return send(deps, claim.mail)
}

async function whatBecameOf(db: Database, id: string): Promise<Delivery> {
  const state = await findMailState(db, id)
  if (state === 'waiting') return 'underway'
  return state ?? 'none'
}

async function send({ db, sender, clock }: Deps, mail: OutgoingMail): Promise<Delivery> {
  try {
    await inTime(sender(mail))
  } catch (error) {
    if (error instanceof Refused) {
      await markGivenUp(db, mail.id, clock(), error.message)
      return 'given up'
    }
    await releaseMail(db, mail.id, reasonOf(error))
    throw new NotSentYet(`a mail was not taken (${codeOf(error)})`)
  }
  await markSent(db, mail.id, clock())
  return 'sent'
}

async function inTime(sending: Promise<void>): Promise<void> {
  const stop = new AbortController()
  const tooSlow = wait(trySeconds * 1000, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new Error(`not taken within ${trySeconds} seconds`)
  })
  // The loser of the race must not be reported as unhandled.
  tooSlow.catch(() => {})
  sending.catch(() => {})
  try {
    await Promise.race([sending, tooSlow])
  } finally {
    stop.abort()
  }
}

/** For staff, in the database, where the address is known anyway. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300)
}

/** For the log: what kind of failure, without the words of the other side, which may quote an address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  return [code, responseCode].filter((part) => part !== undefined).join(' ') || error.name
}
