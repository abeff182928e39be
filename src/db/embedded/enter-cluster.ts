import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { CannotStart } from '../../errors.ts'
import { codeOf, type Folder } from './folder.ts'
import { type Launch, launch } from './launch.ts'
import { hasCluster, type Making, makeCluster } from './make-cluster.ts'
import { findPostmaster, type Postmaster } from './postmaster-file.ts'
import type { Limits } from './server-settings.ts'
import { enterServer, type Tenancy } from './tenancy.ts'

/** One data folder with what is needed to serve it. */
export interface Ground {
  folder: Folder
  limits: Limits
  /** Finds binaries and identity, once, and only when a server must be made or started. Throws CannotStart. */
  prepare(): Promise<{ making: Making; version: string }>
  onNotice(text: string): void
}

/** How long a dead server's remains, or a taken port, may bar the start; its last children die within moments. */
const barredForMs = 5_000
/** How long a living server may take to come up (after a crash it replays its journal) or to go down. */
const slowForMs = 60_000
const noticeAfterMs = 3_000
const pollMs = 5

/** Makes the cluster if the folder has none. Throws CannotStart when it cannot be made. */
export async function foundCluster(ground: Ground): Promise<void> {
  while (!(await hasCluster(ground.folder))) {
    ground.onNotice(`Making a database in ${ground.folder.cluster}`)
    const { making } = await ground.prepare()
    await makeCluster(making)
  }
}

/**
 * Enters the server of this cluster: the living one, or else one that it starts. Any number of processes may do so at
 * once, and servers may come and go meanwhile: each turn looks at what is there now. `port` null: a new server takes a
 * free one. Throws CannotStart when it cannot be had.
 */
export async function enterCluster(ground: Ground, port: number | null): Promise<Tenancy> {
  const password = await readSecret(ground.folder)
  const patience = makePatience(ground)
  const judgeEnd = makeJudge(ground.folder)
  let mine: Launch | null = null
  for (;;) {
    const server = await findPostmaster(ground.folder)
    if (server?.state === 'ready') {
      const tenancy = await enterServer(ground.folder, server, password)
      if (tenancy) return tenancy
    } else if (!server && (mine === null || mine.ended())) {
      await judgeEnd(mine)
      const { making, version } = await ground.prepare()
      mine = await launch(making, version, ground.limits, port)
    }
    patience(server)
    await delay(pollMs)
  }
}

async function readSecret(folder: Folder): Promise<string> {
  try {
    return (await readFile(folder.secret, 'utf8')).trim()
  } catch (error) {
    throw new CannotStart(
      `The database's password cannot be read from ${folder.secret} (${codeOf(error)}): put it back, or move ${folder.cluster} away to begin anew.`,
    )
  }
}

/** A judge returns when a launch that ended is worth another; it throws CannotStart with the server's own reason when not. */
function makeJudge(folder: Folder): (mine: Launch | null) => Promise<void> {
  let sinceMs: number | null = null
  return async (mine) => {
    const said = await mine?.ended()
    if (!said) return
    sinceMs ??= performance.now()
    const barred =
      /lock file "|pre-existing shared memory block|could not bind|could not create any TCP\/IP/i.test(said)
    if (!barred || performance.now() - sinceMs > barredForMs) throw new CannotStart(describeEnd(folder, said))
  }
}

function describeEnd(folder: Folder, said: string): string {
  const lines = said.split('\n')
  const reason = lines.find((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1) ?? ''
  return `PostgreSQL did not start on ${folder.cluster}: ${reason.replace(/^.*?(FATAL|PANIC): */, '')}. Mend that (its log is ${folder.log}), or set DATABASE_URL to another PostgreSQL.`
}

/** Says once that it waits, and gives up in the end. The time runs while one server stays in one state. */
function makePatience(ground: Ground): (server: Postmaster | null) => void {
  let last = ''
  let sinceMs = performance.now()
  let told = false
  return (server) => {
    const now = performance.now()
    const current = server ? `${server.pid} ${server.state}` : 'none'
    if (current !== last) {
      last = current
      sinceMs = now
    }
    const waitedMs = now - sinceMs
    if (waitedMs > slowForMs) throw new CannotStart(describeStuck(ground.folder, server))
    if (told || waitedMs < noticeAfterMs) return
    told = true
    ground.onNotice(`Waiting for PostgreSQL on ${ground.folder.cluster} (${current})`)
  }
}

function describeStuck(folder: Folder, server: Postmaster | null): string {
  const who = server ? `the server (process ${server.pid}, ${server.state})` : 'the server'
  return `PostgreSQL on ${folder.cluster} does not answer: ${who} has kept us waiting for ${slowForMs / 1000} s. End that process and start again; its log is ${folder.log}.`
}
