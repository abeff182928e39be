import type { Request, Response } from 'express'
import { realClock } from '../clock.ts'
import { type Database, inTransaction } from '../db/database.ts'
import { takeFromLimit } from '../db/limits.ts'
import { InvalidInput, TooManyRequests } from '../errors.ts'
import { hasAccount } from './has-account.ts'
import { sessionOf } from './load-session.ts'
import { networkOf } from './network.ts'
import { rememberNext } from './next.ts'
import { problemText } from './problems.ts'
import type { Session } from './reader.ts'
import type { Readers } from './readers.ts'

const checkoutsPerMinute = 120

/** What the checkout asks of accounts and sign-in, as it asks it. */
export interface Accounts {
  readerOf: (req: Request) => Session | null
  hasAccount: (email: string) => Promise<boolean>
  /** Mails a code and sends the browser to where it is entered; from there it goes on to `next`, a local path. */
  askForCode: (req: Request, res: Response, email: string, next: string) => Promise<void>
  /** Signs the browser that just paid in as the reader, to read and nothing else; not once the address is proved. */
  signInUnproved: (req: Request, res: Response, readerId: string) => Promise<void>
  /** The secret that marks the browser with this cart: always the same, and nobody else's to guess. */
  browserSecret: (cartId: string) => string
  /** Counts a checkout of this network. Returns the seconds to wait; null: go on. */
  limitCheckout: (req: Request) => Promise<number | null>
}

/** Sign-in for the checkout. `askForCode` throws InvalidInput for no address and TooManyRequests over the limit. */
export function openAccounts(db: Database, readers: Readers): Accounts {
  return {
    readerOf: sessionOf,
    hasAccount: (email) => hasAccount(db, email),
    askForCode: (req, res, email, next) => askForCode(readers, req, res, email, next),
    signInUnproved: async (_req, res, readerId) => {
      const setCookie = await inTransaction(db, (tx) => readers.openUnprovedSession(tx, readerId))
      if (setCookie) res.append('Set-Cookie', setCookie)
    },
    browserSecret: (cartId) => readers.keyed(`the browser with the cart ${cartId}`),
    limitCheckout: async (req) => {
      const limit = { limit: checkoutsPerMinute, windowSeconds: 60, now: realClock() }
      const taken = await takeFromLimit(db, `checkouts from ${networkOf(req.ip)}`, limit)
      return taken.allowed ? null : taken.retryAfterSeconds
    },
  }
}

async function askForCode(
  readers: Readers,
  req: Request,
  res: Response,
  email: string,
  next: string,
): Promise<void> {
  const browser = readers.knownBrowsers.nameFor(req, email)
  const sent = await readers.sendSignInCode({ email, next, network: networkOf(req.ip), browser })
  if (sent.sent) rememberNext(res, next)
  // The contract sends the browser to /sign-in itself, where `mailed` shows the code form.
  if (sent.sent) return res.redirect(303, `/sign-in?${new URLSearchParams({ mailed: sent.email, next })}`)
  if (sent.reason === 'limited') throw new TooManyRequests(sent.retryAfterSeconds, problemText(sent))
  throw new InvalidInput(problemText(sent))
}
