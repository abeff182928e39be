import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded.ts'
import { announce } from './run.ts'
import { fastestParent, makeRunFolder, removeDeadRuns } from './run-folder.ts'
import { dropTemplate, makeTemplate } from './template.ts'
import { findBrowser } from './unpack-browser.ts'

type Step = () => Promise<void>

/** What must be undone, filled as it is done; ready to be undone once the set-up has ended, well or not. */
const steps: Step[] = []
let settled: Promise<unknown> = Promise.resolve()
let ready = false
let undone: Promise<void> | null = null

/** Called once by the runner before the first test file: a server, a migrated template and a browser for this run alone. */
export async function globalSetup(): Promise<void> {
  process.once('SIGHUP', () => void globalTeardown().finally(() => process.exit(129)))
  const work = setUp()
  settled = work.catch(() => {})
  try {
    await work
    ready = true
  } catch (error) {
    await globalTeardown()
    throw error
  }
}

/** Called by the runner at the end, and twice when it is interrupted: both calls end when all is gone. */
export function globalTeardown(): Promise<void> {
  // The runner would report success when it is interrupted before it has run anything.
  if (!ready) process.exitCode = 1
  undone ??= undo()
  return undone
}

async function undo(): Promise<void> {
  await settled
  for (const step of steps.reverse()) await step()
}

async function setUp(): Promise<void> {
  const [folder, disk] = [await openRunFolder(await fastestParent()), await openRunFolder(tmpdir())]
  const [browser, database] = await Promise.allSettled([findBrowser(disk), setUpDatabase(folder)])
  if (browser.status === 'rejected') throw browser.reason
  if (database.status === 'rejected') throw database.reason
  announce({ folder, browser: browser.value, ...database.value })
  await removeDeadRuns()
}

async function openRunFolder(parent: string): Promise<string> {
  const folder = await makeRunFolder(parent)
  steps.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

async function setUpDatabase(folder: string): Promise<{ postgres: string; template: string }> {
  const given = process.env.TEST_DATABASE_URL
  const postgres = given || (await startServer(folder))
  const template = await makeTemplate(postgres)
  if (given) steps.push(() => dropTemplate(postgres, template))
  return { postgres, template }
}

async function startServer(folder: string): Promise<string> {
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    durable: false,
    maxConnections: 200,
  })
  steps.push(() => server.release())
  return server.url
}
