import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type NextFunction, type Request, type Response } from 'express'
import type pg from 'pg'
import { inTransaction, openDatabase, openPool } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { CannotStart } from '../errors.ts'
import { accountRoutes } from './account/routes.ts'
import { startTicking } from './clock/advance-clock.ts'
import { type Clock, startClock } from './clock/clock.ts'
import { clockRoutes } from './clock/routes.ts'
import { Deliverer } from './events/deliver-events.ts'
import { faultRoutes } from './faults/routes.ts'
import { type House, type Log, readPresent } from './house.ts'
import { mailboxRoutes } from './mailbox/routes.ts'
import { guard } from './pages/guard.ts'
import { createRender, pageHeaders, stylesheet } from './pages/render.ts'
import { bankRoutes, payRoutes } from './pay/routes.ts'
import { peopleRoutes } from './people/routes.ts'
import { portalRoutes } from './portal/routes.ts'
import { ensureAccount } from './resources/account.ts'
import { endpoints } from './resources/endpoints.ts'
import { openSignals } from './signals.ts'
import type { SandboxTables } from './tables.ts'
import { apiRoutes } from './wire/routes.ts'

export interface SandboxOptions {
  databaseUrl: string
  /** 0 picks a free one. */
  port: number
  /** Where events go; null: nowhere until `sendEventsTo` says. */
  webhookUrl: string | null
  /** The types of event that go there, as a webhook endpoint's `enabled_events`; every one unless told. */
  enabledEvents?: readonly string[]
  /** The name in the addresses that it gives out; `localhost` unless told. */
  publicHost?: string
  log?: Log
}

export interface RunningSandbox {
  /** Without a slash at the end. */
  url: string
  port: number
  sendEventsTo: (url: string) => void
  /** Stops taking requests, ends what is under way, and leaves everything in the database. */
  close: () => Promise<void>
}

/**
 * Starts the sandbox on loopback: the API, its pages, the deliveries and the clock. Throws CannotStart where the port is
 * taken. What an earlier process left undone is gone on with.
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const log = options.log ?? (() => {})
  const pool = openPool(options.databaseUrl, {
    max: 16,
    applicationName: 'newsstand sandbox',
    onIdleError: (error) =>
      log({ level: 'warn', msg: 'the sandbox lost an idle connection', error: error.message }),
  })
  // What must be ended, in the order in which it was begun.
  const begun: (() => Promise<void>)[] = [() => pool.end()]
  const close = async () => {
    for (const end of begun.splice(0).reverse()) await end()
  }
  try {
    return { ...(await begin(options, pool, log, begun)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function begin(
  options: SandboxOptions,
  pool: pg.Pool,
  log: Log,
  begun: (() => Promise<void>)[],
): Promise<Omit<RunningSandbox, 'close'>> {
  const house = await openHouse(pool, log, options.enabledEvents ?? ['*'])
  const signals = await openSignals(pool, log)
  begun.push(async () => signals.close())
  const deliverer = new Deliverer(house, signals)
  begun.push(() => deliverer.close())
  const clock = startClock(house, signals)
  const publicHost = options.publicHost ?? 'localhost'
  const server = createServer(buildApp(house, publicHost, clock, deliverer))
  const port = await listen(server, options.port)
  begun.push(() => stopListening(server), clock.close)
  house.url = `http://${publicHost}:${port}`
  begun.push(startTicking(house).stop)
  deliverer.sendTo(options.webhookUrl)
  return { url: house.url, port, sendEventsTo: (to) => deliverer.sendTo(to) }
}

/** The migrated database with its one account, as the rest of the sandbox is given it; the address comes later. */
async function openHouse(pool: pg.Pool, log: Log, enabledEvents: readonly string[]): Promise<House> {
  await makeSchema(pool)
  await migrate(pool, join(import.meta.dirname, 'migrations'), 'sandbox')
  const db = openDatabase<SandboxTables>(pool).withSchema('sandbox')
  const house: House = { db, url: '', log, enabledEvents, realNow: Date.now, random: Math.random }
  await inTransaction(db, async (tx) => ensureAccount(tx, (await readPresent(house, tx)).now))
  return house
}

/** Two processes that start at the same moment may both find it missing; the later one's attempt then fails. */
async function makeSchema(pool: pg.Pool): Promise<void> {
  const make = () => pool.query('create schema if not exists sandbox')
  await make().catch(make)
}

function buildApp(house: House, publicHost: string, clock: Clock, deliverer: Deliverer): express.Express {
  const app = express()
  const render = createRender()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use(guard(publicHost))
  app.use(apiRoutes(house, endpoints))
  app.use(pageHeaders)
  app.get('/favicon.ico', (_req, res) => void res.status(204).end())
  app.get('/sandbox.css', (_req, res) => res.sendFile(stylesheet))
  app.use(payRoutes(house, render))
  app.use(bankRoutes(house, render))
  app.use(portalRoutes(house, render))
  app.use(mailboxRoutes(house, render))
  app.use(clockRoutes(house, render, clock, deliverer))
  app.use(faultRoutes(house, render))
  app.use(accountRoutes(house, render))
  app.use(peopleRoutes(house, render))
  app.use(async (_req: Request, res: Response) => {
    await render(
      res,
      'message',
      { title: 'Nothing here', part: null, text: 'There is nothing at this address.', back: '/' },
      404,
    )
  })
  app.use(async (error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    const status = error.status !== undefined && error.status < 500 ? error.status : 500
    if (status === 500)
      house.log({ level: 'error', msg: 'a page of the sandbox failed', error: error.stack ?? String(error) })
    if (res.headersSent) return res.destroy()
    const text =
      status === 500
        ? 'The sandbox failed here; its log says why.'
        : 'The sandbox could not read this request.'
    await render(res, 'message', { title: 'Something went wrong', part: null, text, back: '/' }, status)
  })
  return app
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new CannotStart(
          `Port ${port} is taken, so the sandbox cannot listen: set SANDBOX_PORT to a free one.`,
        ),
      )
    })
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 3000).unref()
  })
}
