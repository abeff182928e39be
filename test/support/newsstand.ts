import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { after } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import supertest from 'supertest'
import { drain, listen } from '../../src/house/listen.ts'
import { type House, openHouse } from '../../src/house/open-house.ts'
import { startSandbox } from '../../src/sandbox/start-sandbox.ts'
import { readSettings } from '../../src/settings.ts'
import { cloneDatabase } from './database.ts'
import { makeScratch } from './scratch.ts'

export interface Newsstand extends House {
  /** Where readers find it. */
  url: string
  sandboxUrl: string
  /** Its own database. */
  databaseUrl: string
  /** A browser without JavaScript: keeps its cookies, follows no redirect by itself. */
  visitor: () => ReturnType<typeof supertest.agent>
}

/** A whole Newsstand with its sandbox, on a database of its own; gone after the test file. `settings` as in .env. */
export async function openNewsstand(settings: Record<string, string> = {}): Promise<Newsstand> {
  const database = await cloneDatabase()
  let serve: RequestListener = (_req, res) => void res.writeHead(503).end()
  const server = createServer((req, res) => serve(req, res))
  const port = await listen(server, { host: '127.0.0.1', port: 0, setting: 'PORT' })
  const url = `http://localhost:${port}`
  const sandbox = await startSandbox({
    databaseUrl: database.url,
    port: 0,
    webhookUrl: `${url}/webhooks/stripe`,
  })
  const house = await openHouse({
    settings: readSettings({ LOG_LEVEL: 'silent', DATA_DIR: await makeScratch({ after }), ...settings }),
    databaseUrl: database.url,
    publicUrl: url,
    sandboxUrl: sandbox.url,
    log: pino({ level: settings.LOG_LEVEL ?? 'silent' }),
    // A minute that begins in the middle of a test would apply what the test wants to keep waiting.
    schedule: [],
  })
  serve = house.app
  opened.push(house)
  await eventually(async () => assert.equal(await countJobs(house), 0))
  after(async () => {
    opened.splice(opened.indexOf(house), 1)
    await drain(server, 1000)
    await house.close()
    await sandbox.close()
    await database.drop()
  })
  return {
    ...house,
    url,
    sandboxUrl: sandbox.url,
    databaseUrl: database.url,
    visitor: () => supertest.agent(url),
  }
}

/** The house catches up right after it is opened, with jobs that would meet those of the test. */
async function countJobs({ db }: House): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::int FROM graphile_worker.jobs`.execute(db)
  return rows[0]?.count ?? 0
}

const opened: House[] = []

/**
 * Waits until nothing of what was done is on its way any more: no webhook to be sent for the first time, no event to be
 * applied, no job that is due. Those of a purchase would meet what a test does next. After three seconds it goes on: where
 * a test has made webhooks slow, something always is on its way.
 */
export async function calm(): Promise<void> {
  const end = performance.now() + 3000
  while (performance.now() < end) {
    // A test may have closed its house.
    const busy = await Promise.all(opened.map((house) => isBusy(house).catch(() => false)))
    if (!busy.includes(true)) return
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

async function isBusy({ db }: House): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM sandbox.deliveries WHERE state = 'pending' AND attempts = 0
    UNION ALL SELECT 1 FROM events WHERE state = 'received' AND attempts < 2
    UNION ALL SELECT 1 FROM graphile_worker.jobs WHERE run_at <= now() AND attempts < 2`.execute(db)
  return rows.length > 0
}

/** Tries until it holds, for what happens behind an answer; fails with the last reason after ten seconds. */
export async function eventually<T>(what: () => Promise<T>): Promise<T> {
  const end = performance.now() + 10_000
  for (;;) {
    try {
      return await what()
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export interface ReceivedMail {
  to: string
  subject: string
  text: string
  html: string
}

/** The mails to an address, the newest first. */
export async function mailTo(newsstand: Newsstand, address: string): Promise<ReceivedMail[]> {
  const answer = await fetch(`${newsstand.sandboxUrl}/mail.json?to=${encodeURIComponent(address)}`)
  assert.equal(answer.status, 200)
  return (await answer.json()) as ReceivedMail[]
}

/** The code in the newest mail to an address. */
export async function codeFor(newsstand: Newsstand, address: string): Promise<string> {
  return eventually(async () => {
    const [newest] = await mailTo(newsstand, address)
    const codes = new Set(newest?.text.match(/\b\d{6}\b/g))
    assert.equal(codes.size, 1, `a mail with one code, not ${[...codes]}`)
    return [...codes][0] ?? ''
  })
}
