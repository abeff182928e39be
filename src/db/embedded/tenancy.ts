import { realpath } from 'node:fs/promises'
import pg from 'pg'
import { CannotStart } from '../../errors.ts'
import { codeOf, type Folder } from './folder.ts'
import { supervisor } from './make-cluster.ts'
import type { Postmaster } from './postmaster-file.ts'

/**
 * Our stay on a running server: a connection that holds a shared advisory lock. The lock goes with the process however
 * it ends, so the last one out is whoever can take it for itself alone.
 */
export interface Tenancy {
  /** The server's. */
  pid: number
  port: number
  /** Of both roles. */
  password: string
  client: pg.Client
  /** Settles when the connection breaks: the server fell or was stopped. */
  lost: Promise<void>
}

/** The role and the database that the program works with; the role is no superuser but may make databases. */
export const application = 'newsstand'

/** Keys of advisory locks in the database `postgres`: for being there, and for making the application's database. */
const presence = 7_001
const founding = 7_002

/** Enters a server that says it is ready. Null: it is on its way down or up, ask again. Throws CannotStart if it is not ours. */
export async function enterServer(
  folder: Folder,
  server: Postmaster,
  password: string,
): Promise<Tenancy | null> {
  const { pid, port } = server
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: supervisor,
    password,
    database: 'postgres',
    ssl: false,
    application_name: 'newsstand tenant',
    connectionTimeoutMillis: 5_000,
  })
  const lost = new Promise<void>((resolve) => client.once('end', resolve))
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT pg_advisory_lock_shared($1)', [presence])
    await refuseOtherFolder(client, folder, port)
    await makeApplication(client, password)
    return { pid, port, password, client, lost }
  } catch (error) {
    await client.end().catch(() => {})
    if (isPassing(error)) return null
    throw isRefusal(error) ? new CannotStart(strangerOn(folder, port)) : error
  }
}

async function refuseOtherFolder(client: pg.Client, folder: Folder, port: number): Promise<void> {
  const { rows } = await client.query<{ path: string }>("SELECT current_setting('data_directory') AS path")
  const served = await realpath(rows[0]?.path ?? '').catch(() => '')
  if (served !== (await realpath(folder.cluster))) throw new CannotStart(strangerOn(folder, port))
}

function strangerOn(folder: Folder, port: number): string {
  return `The server on port ${port} that ${folder.cluster}/postmaster.pid names is not the one of this data folder: stop it, or set DATA_DIR to another folder.`
}

/** Makes the role and the database once; a start that was killed in between leaves the rest to the next. */
async function makeApplication(client: pg.Client, password: string): Promise<void> {
  if (await isMade(client)) return
  await client.query('SELECT pg_advisory_lock($1)', [founding])
  try {
    const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [application])
    if (role.rowCount === 0) {
      await client.query(
        `CREATE ROLE ${application} LOGIN CREATEDB PASSWORD ${client.escapeLiteral(password)}`,
      )
    }
    if (!(await isMade(client))) await client.query(`CREATE DATABASE ${application} OWNER ${application}`)
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [founding])
  }
}

async function isMade(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [application])
  return rowCount === 1
}

/** Refused or cut connections, and SQLSTATE 57P0x: shut down by an administrator, crashed, cannot connect now. */
function isPassing(error: unknown): boolean {
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03'].includes(codeOf(error) ?? ''))
    return true
  return error instanceof Error && /connection terminated|timeout expired|not queryable/i.test(error.message)
}

/** SQLSTATE class 28: the server has no such role, or knows another password. */
function isRefusal(error: unknown): boolean {
  return codeOf(error)?.startsWith('28') ?? false
}

/** Gives up our place. True when nobody else is there: then nobody can enter either, and the server is ours to stop. */
export async function leaveServer(tenancy: Tenancy): Promise<boolean> {
  const { client } = tenancy
  try {
    await client.query('SELECT pg_advisory_unlock_shared($1)', [presence])
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      presence,
    ])
    if (rows[0]?.alone) return true
    await client.end()
  } catch (error) {
    if (!isPassing(error)) throw error
  }
  return false
}
