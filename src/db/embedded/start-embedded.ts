import { findBinaries } from './binaries.ts'
import type { Ground } from './enter-cluster.ts'
import { openFolder } from './folder.ts'
import { type Hold, holdServer } from './hold-server.ts'
import { chooseIdentity } from './identity.ts'
import { keepLogSmall } from './log-file.ts'
import { application } from './tenancy.ts'

export interface EmbeddedOptions {
  /** Holds the data in `postgres/` and the server's log in `postgres.log`; made if it is missing. */
  dataDir: string
  /** Told, in a line for the operator, of what takes time or went wrong without ending the program. */
  onNotice?: (text: string) => void
  /** false, for tests alone: no fsync, so that a power cut may lose everything. */
  durable?: boolean
  /** 100 unless told; counts when this call is the one that starts the server. */
  maxConnections?: number
}

export interface EmbeddedPostgres {
  /** Reaches the database `newsstand` on 127.0.0.1, with its password, for as long as the server is held. */
  url: string
  /** Gives the server up; the last process to do so stops it. End your own connections first. May be called twice. */
  release(): Promise<void>
}

const logCheckMs = 60 * 60 * 1000

/**
 * Real PostgreSQL on a data folder, shared by every process that asks for the same one. Started detached if nobody
 * serves the folder yet, else joined; a server that a killed process left behind is joined too, and one that falls
 * while we hold it is started again on the same port. Throws CannotStart, one line that says what to do, where it
 * cannot be had.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const ground = await openGround(options)
  const hold = await holdServer(ground)
  const logCheck = setInterval(() => void keepLogSmall(ground.folder.log).catch(() => {}), logCheckMs)
  logCheck.unref()
  let released: Promise<void> | null = null
  return {
    url: addressOf(hold),
    release: () => {
      clearInterval(logCheck)
      released ??= hold.end()
      return released
    },
  }
}

async function openGround(options: EmbeddedOptions): Promise<Ground> {
  const folder = await openFolder(options.dataDir)
  let prepared: ReturnType<Ground['prepare']> | null = null
  const prepare = async () => {
    const binaries = await findBinaries()
    const { identity, version } = await chooseIdentity(folder, binaries.postgres)
    return { making: { folder, binaries, identity, durable: options.durable ?? true }, version }
  }
  return {
    folder,
    limits: { maxConnections: options.maxConnections ?? 100 },
    prepare: () => {
      prepared ??= prepare()
      return prepared
    },
    onNotice: options.onNotice ?? (() => {}),
  }
}

/** The server has no TLS and needs none on loopback, whatever PGSSLMODE says. */
function addressOf(hold: Hold): string {
  return `postgres://${application}:${hold.password}@127.0.0.1:${hold.port}/${application}?sslmode=disable`
}
