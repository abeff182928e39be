import { startEmbeddedPostgres } from './db/embedded/start-embedded.ts'
import { CannotStart } from './errors.ts'
import { reachDatabase } from './house/reach-database.ts'
import { startSandbox } from './sandbox/start-sandbox.ts'
import { readSettings } from './settings.ts'

/** The sandbox alone, for a Newsstand (or any program that speaks to Stripe) that runs elsewhere on this machine. */
try {
  await start()
} catch (error) {
  if (!(error instanceof CannotStart)) throw error
  console.error(`The sandbox cannot start. ${error.message}`)
  process.exit(1)
}

async function start(): Promise<void> {
  const settings = readSettings(process.env)
  if (settings.mode !== 'sandbox')
    throw new CannotStart(
      'There are Stripe keys in the settings: unset them, since the sandbox takes only its own.',
    )
  const embedded = settings.databaseUrl
    ? null
    : await startEmbeddedPostgres({ dataDir: settings.dataDir, onNotice: (text) => console.error(text) })
  const webhookUrl =
    settings.sandbox.webhookUrl ??
    `${settings.publicUrl ?? `http://localhost:${settings.port}`}/webhooks/stripe`
  const databaseUrl = settings.databaseUrl ?? embedded?.url ?? ''
  await reachDatabase(databaseUrl)
  const { port, events } = settings.sandbox
  // Some other program may use it, which may want any of them.
  const sandbox = await startSandbox({ databaseUrl, port, webhookUrl, enabledEvents: events ?? ['*'] })
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await sandbox.close()
    await embedded?.release()
    process.exit(0)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  console.log(
    `The sandbox: ${sandbox.url}, events go to ${webhookUrl}\nFor Newsstand: SANDBOX_URL=${sandbox.url} npm start`,
  )
}
