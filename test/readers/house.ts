import assert from 'node:assert/strict'
import express, { type Express } from 'express'
import type { Pool } from 'pg'
import { type Clock, realClock } from '../../src/clock.ts'
import { type Database, openDatabase, openPool } from '../../src/db/database.ts'
import type { Page } from '../../src/http/render.ts'
import { sameOriginOnly } from '../../src/http/same-origin.ts'
import { queueJob } from '../../src/jobs/queue-job.ts'
import type { OutgoingMail, Sender } from '../../src/mail/mail.ts'
import { type Outbox, openOutbox } from '../../src/mail/outbox.ts'
import { sessionOf } from '../../src/readers/load-session.ts'
import { openReaders, type Readers, type ReadersOptions } from '../../src/readers/readers.ts'
import { readerRoutes } from '../../src/readers/routes.ts'
import { cloneDatabase } from '../support/database.ts'

export const secret = 'a secret of the tests, made of 32 or more'
/** A time that no machine has, to tell the publication's from the real one. */
export const publicationTime = new Date('2031-03-03T03:03:03Z')

export interface House {
  db: Database
  pool: Pool
  /** What its readers were opened with, but the database. */
  options: Omit<ReadersOptions, 'db' | 'pool'>
  readers: Readers
  outbox: Outbox
  app: Express
  /** Mails that have left, oldest first. */
  sent: OutgoingMail[]
  /** What the mail server does; replace it to make it fail. */
  carry: { send: Sender }
  /** What was logged. */
  logged: unknown[]
  close: () => Promise<void>
}

/** Sign-in over a database of its own, with an app whose pages are the models as JSON. */
export async function openHouse(options: { publicUrl?: string; clock?: Clock } = {}): Promise<House> {
  const database = await cloneDatabase()
  const pool = openPool(database.url, { max: 8 })
  const db = openDatabase(pool)
  const sent: OutgoingMail[] = []
  const carry = { send: async (mail: OutgoingMail) => void sent.push(mail) }
  const logged: unknown[] = []
  const clock = options.clock ?? (() => publicationTime)
  const outbox = openOutbox({
    db,
    sender: (mail) => carry.send(mail),
    queueJob,
    templates: 'views/mail',
    clock,
    realClock,
  })
  const settings = {
    authSecret: secret,
    publicUrl: options.publicUrl ?? 'http://localhost:34567',
    publication: 'The Meridian',
    outbox,
    clock,
    logError: (error: unknown, message: string) => void logged.push([String(error), message]),
  }
  const readers = openReaders({ ...settings, db, pool })
  const close = async () => {
    await db.destroy()
    await database.drop()
  }
  return { db, pool, options: settings, readers, outbox, app: appOf(readers), sent, carry, logged, close }
}

function appOf(readers: Readers): Express {
  const app = express()
  app.set('trust proxy', 'loopback')
  app.use(express.urlencoded({ extended: false }), sameOriginOnly, readers.loadSession)
  const render = async (_req: unknown, res: express.Response, page: Page) => {
    const { view, model, secret } = page
    res.status(page.status ?? 200).json({ view, secret, ...model })
  }
  app.use(readerRoutes({ readers, render }))
  app.get('/who', (req, res) => void res.json(sessionOf(req)))
  return app
}

/** The code in the newest mail to `email`. */
export function codeFor(house: House, email: string): string {
  const mail = house.sent.findLast(({ to }) => to === email)
  const code = /\b\d{6}\b/.exec(mail?.text ?? '')?.[0]
  assert.ok(code, `no code was mailed to ${email}`)
  return code
}

/** A code that is not `code`. */
export function otherThan(code: string): string {
  return code === '000000' ? '000001' : '000000'
}

export async function mailCode(
  house: House,
  email: string,
  network = 'a network',
  browser: string | null = null,
): Promise<string> {
  const sent = await house.readers.sendSignInCode({ email, network, browser, next: null })
  assert.deepEqual(sent, { sent: true, email })
  return codeFor(house, email)
}

/** Signs in by code, as one does. Returns the reader and the Cookie header of the browser. */
export async function signIn(house: House, email: string): Promise<{ readerId: string; cookie: string }> {
  const code = await mailCode(house, email)
  const signedIn = await house.readers.signInWithCode({ email, code, network: 'a network', sessionId: null })
  assert.ok(signedIn.ok)
  return { readerId: signedIn.readerId, cookie: cookieOf(signedIn.setCookie) }
}

/** What a browser sends back of a Set-Cookie value. */
export function cookieOf(setCookie: string): string {
  return setCookie.split(';', 1)[0] ?? ''
}
