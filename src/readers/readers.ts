import { createHmac } from 'node:crypto'
import type { RequestHandler } from 'express'
import { CompiledQuery } from 'kysely'
import type { Pool } from 'pg'
import { type Clock, realClock } from '../clock.ts'
import type { Database, Transaction } from '../db/database.ts'
import { sweepLimits } from '../db/limits.ts'
import type { Outbox } from '../mail/outbox.ts'
import { openSessionCookie } from './cookie.ts'
import { type KnownBrowsers, openKnownBrowsers } from './known-browser.ts'
import { loadSession } from './load-session.ts'
import { openUnprovedSession } from './open-unproved-session.ts'
import { type CodeRequest, type CodeSent, sendSignInCode } from './send-sign-in-code.ts'
import { type SignIn, type SignInAttempt, signInWithCode } from './sign-in-with-code.ts'
import { type AskForSession, deleteExpired, deleteSession, type SessionRow } from './store.ts'

export interface ReadersOptions {
  db: Database
  /** What `db` runs on: makes the query behind every page of a reader faster. Absent: `db` is asked. */
  pool?: Pool
  /** At least 32 characters; with another one, everyone is signed out. */
  authSecret: string
  /** As readers see it, without a slash at the end. */
  publicUrl: string
  /** The publication's name, for the mail. */
  publication: string
  outbox: Outbox
  /** The publication's time: when readers came and mails were written. Sign-in itself goes by the machine's. */
  clock: Clock
  logError: (error: unknown, message: string) => void
}

/** The doors of the house. What needs no secret is exported by its own file. */
export interface Readers {
  sendSignInCode: (request: CodeRequest) => Promise<CodeSent>
  signInWithCode: (attempt: SignInAttempt) => Promise<SignIn>
  /** See `open-unproved-session.ts`. Returns a Set-Cookie value; null when the browser must sign in instead. */
  openUnprovedSession: (tx: Transaction, readerId: string) => Promise<string | null>
  /** Ends a session. Returns the Set-Cookie value that makes the browser forget it. */
  signOut: (sessionId: string | null) => Promise<string>
  /** For every request, before anything that asks `sessionOf(req)`. */
  loadSession: RequestHandler
  /** 43 letters made from `text` and the secret: the same for the same, to be guessed by nobody. */
  keyed: (text: string) => string
  knownBrowsers: KnownBrowsers
  /** Removes what has run out: for a job, once an hour or so. */
  sweepSignIns: () => Promise<void>
}

/** Everything about signing in, over one database. */
export function openReaders(options: ReadersOptions): Readers {
  const { db, logError } = options
  const auth = {
    secret: options.authSecret,
    publicUrl: options.publicUrl,
    logError: (message: string) => logError(undefined, message),
  }
  const cookie = openSessionCookie(options.authSecret, options.publicUrl)
  const deps = { ...options, auth, cookie, realClock, ask: askThrough(options) }
  return {
    sendSignInCode: (request) => sendSignInCode(deps, request),
    signInWithCode: (attempt) => signInWithCode(deps, attempt),
    openUnprovedSession: (tx, readerId) => openUnprovedSession(deps, tx, readerId),
    signOut: async (sessionId) => {
      if (sessionId) await deleteSession(db, sessionId)
      return cookie.take
    },
    loadSession: loadSession(deps),
    knownBrowsers: openKnownBrowsers(options.authSecret, options.publicUrl),
    keyed: (text) => createHmac('sha256', options.authSecret).update(text).digest('base64url'),
    sweepSignIns: () => sweepSignIns(db),
  }
}

function askThrough({ db, pool }: ReadersOptions): AskForSession {
  if (pool) return (query) => pool.query<SessionRow>(query)
  return ({ text, values }) => db.executeQuery<SessionRow>(CompiledQuery.raw(text, values))
}

async function sweepSignIns(db: Database): Promise<void> {
  const now = realClock()
  await sweepLimits(db, now)
  // A code that ran out is kept a while, to be told from one that is wrong.
  await deleteExpired(db, new Date(now.getTime() - 86_400_000))
}
