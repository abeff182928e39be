import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type Stripe from 'stripe'
import { type Database, openDatabase, openPool } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded.ts'
import { openStripe, sandboxKeys } from '../../src/stripe/client.ts'
import { freePort, startProgram } from '../simulate/program.ts'
import type { Place } from '../simulate/sandbox.ts'
import { startChecker, type Verdict } from './checker.ts'
import type { Schemas } from './schemas.ts'

/** The app and the sandbox, with a checker on either way between them. */
export interface Stand extends Place {
  db: Database
  pool: pg.Pool
  /** Another program that speaks to the sandbox; the checker sees what it says, too. */
  stripe: Stripe
  webhookSecret: string
  /** Ends the programs, then the checkers. Resolves to what each saw. */
  finish: () => Promise<{ exchanges: Verdict; events: Verdict }>
  close: () => Promise<void>
}

/** Throws what keeps one of the programs from starting; then nothing of it is left. */
export async function openStand(schemas: Schemas): Promise<Stand> {
  const closing: (() => unknown)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await begin(schemas, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function begin(schemas: Schemas, closing: (() => unknown)[]): Promise<Omit<Stand, 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'newsstand-contract-'))
  // PostgreSQL may have to run as somebody else, who must be able to pass through.
  await chmod(folder, 0o711)
  closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), durable: false })
  closing.push(postgres.release)
  const pool = openPool(postgres.url, { max: 4, applicationName: 'newsstand contract' })
  closing.push(() => pool.end())

  const { secretKey, webhookSecret } = sandboxKeys
  const port = await freePort()
  const appUrl = `http://127.0.0.1:${port}`
  const events = await startChecker({
    schemas,
    upstream: appUrl,
    log: join(folder, 'events.jsonl'),
    webhookSecret,
  })
  closing.push(events.kill)
  const sandbox = await startProgram(
    'src/start-sandbox.ts',
    {
      DATABASE_URL: postgres.url,
      SANDBOX_PORT: '0',
      SANDBOX_WEBHOOK_URL: `${events.url}/webhooks/stripe`,
    },
    /The sandbox: (http:\S+),/,
  )
  closing.push(() => sandbox.end('SIGTERM'))
  const exchanges = await startChecker({
    schemas,
    upstream: sandbox.url,
    log: join(folder, 'exchanges.jsonl'),
  })
  closing.push(exchanges.kill)
  const app = await startProgram(
    'src/server.ts',
    {
      PORT: String(port),
      DATABASE_URL: postgres.url,
      DATA_DIR: join(folder, 'app'),
      SANDBOX_URL: sandbox.url,
      STRIPE_API_BASE: exchanges.url,
      LOG_LEVEL: 'error',
    },
    /is open:\s+(http:\S+)[\s\S]*Ctrl-C stops it/,
  )
  closing.push(() => app.end('SIGTERM'))
  return {
    appUrl,
    sandboxUrl: sandbox.url,
    pool,
    db: openDatabase(pool),
    stripe: openStripe(secretKey, exchanges.url),
    webhookSecret,
    finish: async () => {
      await app.end('SIGTERM')
      await sandbox.end('SIGTERM')
      return { exchanges: await exchanges.finish(), events: await events.finish() }
    },
  }
}
