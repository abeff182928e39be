import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type Stripe from 'stripe'
import { type Database, openDatabase, openPool } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded.ts'
import { openStripe, sandboxKeys } from '../../src/stripe/client.ts'
import { handlers } from '../../src/webhooks/events/table.ts'
import { freePort, type Program, startProgram } from './program.ts'
import type { Place } from './sandbox.ts'
import type { Tally } from './tally.ts'
import { openWire, type Passing } from './wire.ts'

/** What of the world may be watched: requests and answers on the two wires between the app and the sandbox. */
export interface Watch {
  api: (passing: Passing) => void
  webhook: (passing: Passing) => void
}

/** A PostgreSQL, a sandbox and a Newsstand, each a process of its own, with a watched wire either way. */
export interface World extends Place {
  db: Database
  /** For what no table type describes: the sandbox's, the queue's and PostgreSQL's own tables. */
  pool: pg.Pool
  /** As staff at Stripe's dashboard: straight to the sandbox, past the wires. */
  stripe: Stripe
  watch: (watch: Watch) => void
  /** The last words of each app that died without having been killed, which nothing may bring about. */
  ownDeaths: readonly string[]
  /** SIGKILL, and a start again at once. Resolves when it is open again; told twice, it happens once. */
  kill: () => Promise<void>
  /** Resolves when the app is open. */
  open: () => Promise<void>
  close: () => Promise<void>
}

const startTries = 6

/** Throws what keeps one of the programs from starting; then nothing of it is left. */
export async function openWorld(tally: Tally): Promise<World> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await begin(tally, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function begin(tally: Tally, closing: (() => Promise<unknown>)[]): Promise<Omit<World, 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'newsstand-simulation-'))
  // PostgreSQL may have to run as somebody else, who must be able to pass through.
  await chmod(folder, 0o711)
  closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), durable: false })
  closing.push(postgres.release)
  const pool = openPool(postgres.url, { max: 6, applicationName: 'newsstand simulation' })
  closing.push(() => pool.end())

  let watch: Watch = { api: () => {}, webhook: () => {} }
  const port = await freePort()
  const appUrl = `http://127.0.0.1:${port}`
  const webhooks = await openWire({
    to: () => appUrl,
    onRequest: (passing) => watch.webhook(passing),
    onAnswer: (passing) => watch.webhook(passing),
  })
  closing.push(webhooks.close)
  const sandbox = await startSandbox(postgres.url, `${webhooks.url}/webhooks/stripe`)
  closing.push(() => sandbox.end('SIGTERM'))
  const api = await openWire({
    to: () => sandbox.url,
    onRequest: (passing) => watch.api(passing),
    onAnswer: (passing) => watch.api(passing),
  })
  closing.push(api.close)

  const settings = {
    PORT: String(port),
    DATABASE_URL: postgres.url,
    DATA_DIR: join(folder, 'app'),
    SANDBOX_URL: sandbox.url,
    STRIPE_API_BASE: api.url,
    LOG_LEVEL: 'error',
  }
  const app = await keepApp(settings, tally)
  closing.push(app.end)
  return {
    appUrl,
    sandboxUrl: sandbox.url,
    pool,
    db: openDatabase(pool),
    stripe: openStripe(sandboxKeys.secretKey, sandbox.url),
    watch: (next) => {
      watch = next
    },
    ownDeaths: app.ownDeaths,
    kill: app.kill,
    open: app.open,
  }
}

function startSandbox(databaseUrl: string, webhookUrl: string): Promise<Program> {
  const settings = {
    DATABASE_URL: databaseUrl,
    SANDBOX_PORT: '0',
    SANDBOX_WEBHOOK_URL: webhookUrl,
    // As a publisher's endpoint at Stripe would be set up.
    SANDBOX_EVENTS: Object.keys(handlers).join(),
  }
  return startProgram('src/start-sandbox.ts', settings, /The sandbox: (http:\S+),/)
}

/** The app, alive again after each death: those that it is told to die, and those that happen to it. */
async function keepApp(settings: Record<string, string>, tally: Tally) {
  const ownDeaths: string[] = []
  let ending = false
  let app = await startApp(settings, tally)
  let opening: Promise<void> | null = null
  const again = async () => {
    app = await startApp(settings, tally)
    opening = null
  }
  const watchdog = setInterval(() => {
    if (ending || opening || app.alive()) return
    ownDeaths.push(app.lastWords())
    opening = again()
  }, 200)
  const kill = async () => {
    if (ending) return
    opening ??= app.end('SIGKILL').then(again)
    await opening
  }
  const end = async () => {
    ending = true
    clearInterval(watchdog)
    await opening?.catch(() => {})
    await app.end('SIGTERM')
  }
  return { ownDeaths, kill, end, open: async () => void (await opening) }
}

/** A start may meet a connection that is being broken; then it is tried again, as a service manager would. */
async function startApp(settings: Record<string, string>, tally: Tally): Promise<Program> {
  for (let tries = 1; ; tries++) {
    try {
      return await startProgram('src/server.ts', settings, /is open:\s+(http:\S+)[\s\S]*Ctrl-C stops it/)
    } catch (error) {
      if (tries === startTries) throw error
      tally.add('starts that failed and were tried again')
    }
  }
}
