import { join } from 'node:path'
import type { Express } from 'express'
import type { Logger } from 'pino'
import type Stripe from 'stripe'
import { createApp } from '../app.ts'
import type { CheckoutDeps } from '../checkout/deps.ts'
import { type Clock, realClock } from '../clock.ts'
import { type Database, openDatabase, openPool } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { migrate } from '../db/migrate.ts'
import { CannotStart } from '../errors.ts'
import { openCalendar } from '../http/moment.ts'
import type { ScheduledJob } from '../jobs/job.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { migrateJobs, startJobs } from '../jobs/start-jobs.ts'
import type { Sender } from '../mail/mail.ts'
import { type Outbox, openOutbox } from '../mail/outbox.ts'
import { sandboxSender } from '../mail/sandbox-sender.ts'
import { smtpSender } from '../mail/smtp-sender.ts'
import { ensureOwner } from '../readers/ensure-owner.ts'
import { openReaders } from '../readers/readers.ts'
import type { Settings } from '../settings.ts'
import { openStripe, sandboxKeys } from '../stripe/client.ts'
import { openApplier } from '../webhooks/apply-soon.ts'
import { openAuthSecret } from './auth-secret.ts'
import { followSandboxClock } from './follow-sandbox-clock.ts'
import { handlersOf, schedule as ownSchedule } from './house-jobs.ts'
import { openInstallation } from './open-installation.ts'

export interface HouseOptions {
  settings: Settings
  databaseUrl: string
  /** As readers see it, without a slash at the end. */
  publicUrl: string
  /** null outside sandbox mode. */
  sandboxUrl: string | null
  log: Logger
  /** What happens at fixed times; the house's own schedule unless told. */
  schedule?: ScheduledJob[]
}

export interface House {
  app: Express
  db: Database
  installation: Installation
  clock: Clock
  stripe: Stripe
  outbox: Outbox
  deps: CheckoutDeps
  /** Lets go of everything, what is under way first. */
  close: () => Promise<void>
}

const viewsFolder = join(import.meta.dirname, '..', '..', 'views')

/** Everything that one process of the house needs, from the settings; serving it is the caller's. Throws CannotStart. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { settings, log, publicUrl, sandboxUrl } = options
  const closing: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step()
  }
  try {
    const pool = openPool(options.databaseUrl, {
      max: 20,
      onIdleError: (error) => log.warn({ err: error }, 'a connection broke'),
    })
    const db = openDatabase(pool)
    closing.push(() => db.destroy())
    await prepareDatabase(pool, options)
    const clock = await openClock(options, closing)
    const keys = settings.stripe ?? sandboxKeys
    const stripe = openStripe(keys.secretKey, settings.stripeApiBase ?? sandboxUrl)
    const installation = await openInstallation(db, settings, stripe, clock())
    if (settings.ownerEmail) await ensureOwner(db, settings.ownerEmail, clock())
    const templates = join(viewsFolder, 'mail')
    const outbox = openOutbox({ db, sender: senderFor(options), queueJob, templates, clock, realClock })
    const calendar = openCalendar(installation.locale, installation.zone)
    const deps: CheckoutDeps = {
      db,
      stripe,
      clock,
      installation,
      calendar,
      publicUrl,
      grace: settings.grace,
      outbox,
      log,
    }
    const readers = openReaders({
      db,
      pool,
      authSecret: await openAuthSecret(settings),
      publicUrl,
      publication: installation.publication_name,
      outbox,
      clock,
      logError: (error, message) => log.error({ err: error }, message),
    })
    const applier = openApplier(deps)
    closing.push(() => applier.stop())
    const handlers = handlersOf({ ...deps, outbox, readers, applier })
    const schedule = options.schedule ?? ownSchedule
    const jobs = await startJobs({ connectionString: options.databaseUrl, handlers, schedule, log })
    closing.push(() => jobs.stop())
    await catchUp(db)
    const app = createApp({
      ...deps,
      log,
      settings,
      readers,
      applier,
      sandboxUrl,
      webhookSecret: keys.webhookSecret,
      ready: async () => void (await pool.query('SELECT 1')),
      reloadTemplates: process.execArgv.includes('--watch'),
    })
    return { app, db, installation, clock, stripe, outbox, deps, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What came while no process was there: kept events that wait, those that Stripe could not deliver, money on its way. */
async function catchUp(db: Database): Promise<void> {
  await queueJob(db, 'apply-due-events', {}, { key: 'catch up: due' })
  await queueJob(db, 'take-missed-events', {}, { key: 'catch up: missed' })
  await queueJob(db, 'sweep-ledger', {}, { key: 'catch up: ledger' })
}

async function prepareDatabase(
  pool: ReturnType<typeof openPool>,
  { databaseUrl, log }: HouseOptions,
): Promise<void> {
  await migrate(pool, join(import.meta.dirname, '..', 'db', 'migrations'))
  await migrateJobs({ connectionString: databaseUrl, log })
}

async function openClock({ sandboxUrl, log }: HouseOptions, closing: (() => void)[]): Promise<Clock> {
  if (!sandboxUrl) return realClock
  const followed = await followSandboxClock(sandboxUrl, (text) => log.warn(text))
  closing.push(followed.stop)
  return followed.clock
}

function senderFor({ settings, publicUrl, sandboxUrl }: HouseOptions): Sender {
  const from = settings.mailFrom ?? `newsstand@${new URL(publicUrl).hostname}`
  if (settings.smtpUrl) return smtpSender(settings.smtpUrl, from)
  if (!sandboxUrl)
    throw new CannotStart(
      'SMTP_URL is not set: outside sandbox mode, mail must have a server to leave through.',
    )
  return sandboxSender(sandboxUrl, from)
}
