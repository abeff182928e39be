import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { startEmbeddedPostgres } from './db/embedded/start-embedded.ts'
import { CannotStart } from './errors.ts'
import { announcement } from './house/announce.ts'
import { drain, listen } from './house/listen.ts'
import { openHouse } from './house/open-house.ts'
import { openLog } from './house/open-log.ts'
import { reachDatabase } from './house/reach-database.ts'
import { startSandbox } from './sandbox/start-sandbox.ts'
import { readSettings, type Settings } from './settings.ts'
import { handlers } from './webhooks/events/table.ts'

/** How long requests in flight may take at the end. */
const patienceMs = 10_000

/** What has been opened, the latest last; closed in the reverse order. */
const opened: (() => Promise<void> | void)[] = []

try {
  await start(readSettings(process.env))
} catch (error) {
  await closeAll()
  if (!(error instanceof CannotStart)) throw error
  console.error(`Newsstand cannot start. ${error.message}`)
  process.exitCode = 1
}

/** Settings, port, database, sandbox, house: then requests are served, until a signal takes it all down again. */
async function start(settings: Settings): Promise<void> {
  stopOn('SIGINT', 'SIGTERM')
  const log = openLog(settings.logLevel)
  // The port comes first: if it is taken, nothing else need start.
  let serve: RequestListener = notYet
  const server = createServer((req, res) => serve(req, res))
  const port = await listen(server, { host: settings.host, port: settings.port, setting: 'PORT' })
  opened.push(() => void server.close())
  const publicUrl = settings.publicUrl ?? `http://localhost:${port}`
  const databaseUrl = settings.databaseUrl ?? (await openEmbedded(settings))
  await reachDatabase(databaseUrl)
  const sandboxUrl = settings.mode === 'sandbox' ? await openSandbox(settings, databaseUrl, publicUrl) : null
  const house = await openHouse({ settings, databaseUrl, publicUrl, sandboxUrl, log })
  opened.push(house.close)
  opened.push(() => drain(server, patienceMs))
  serve = house.app
  process.stdout.write(announcement(settings, house.installation.publication_name, publicUrl, sandboxUrl))
}

/** The process lives, but cannot serve yet. */
function notYet(req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(req.url === '/healthz' ? 200 : 503, { 'content-type': 'text/plain', 'retry-after': '1' })
  res.end('starting\n')
}

async function openEmbedded({ dataDir }: Settings): Promise<string> {
  const server = await startEmbeddedPostgres({ dataDir, onNotice: (text) => console.error(text) })
  opened.push(server.release)
  return server.url
}

async function openSandbox({ sandbox }: Settings, databaseUrl: string, publicUrl: string): Promise<string> {
  if (sandbox.url) return sandbox.url
  const webhookUrl = sandbox.webhookUrl ?? `${publicUrl}/webhooks/stripe`
  // As a publisher's own endpoint at Stripe would be set up.
  const enabledEvents = sandbox.events ?? Object.keys(handlers)
  const running = await startSandbox({ databaseUrl, port: sandbox.port, webhookUrl, enabledEvents })
  opened.push(running.close)
  return running.url
}

/** Requests in flight end first, then all behind them. A signal that comes twice (npm hands it on) counts once. */
function stopOn(...signals: NodeJS.Signals[]): void {
  let stopping = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      // Whatever hangs must not keep the program for ever.
      setTimeout(() => process.exit(1), 3 * patienceMs).unref()
      closeAll().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error('Newsstand did not stop in good order.', error)
          process.exit(1)
        },
      )
    })
  }
}

async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close()
}
