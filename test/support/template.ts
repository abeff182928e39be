import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { openPool } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrate.ts'
import { root } from './run.ts'

/** Makes a database that the tests' own are cloned from, and returns its name, which no other run has. */
export async function makeTemplate(server: string): Promise<string> {
  const name = `newsstand_test_${randomBytes(4).toString('hex')}`
  await withPool(server, (pool) => pool.query(`CREATE DATABASE ${name}`))
  await prepareTemplate(addressOf(server, name))
  return name
}

/** Brings an empty database to the state in which every test finds its own. Nobody may be connected to it afterwards. */
export async function prepareTemplate(url: string): Promise<void> {
  await withPool(url, (pool) => migrate(pool, join(root, 'src/db/migrations')))
  await runMigrations({ connectionString: url })
  const sandbox = join(root, 'src/sandbox/migrations')
  if (!existsSync(sandbox)) return
  await withPool(url, (pool) => pool.query('CREATE SCHEMA IF NOT EXISTS sandbox'))
  await withPool(url, (pool) => migrate(pool, sandbox, 'sandbox'), 'sandbox')
}

/** Drops the template and every clone that a killed test left of it. */
export async function dropTemplate(server: string, template: string): Promise<void> {
  await withPool(server, async (pool) => {
    const { rows } = await pool.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [template],
    )
    for (const { datname } of rows) await dropDatabase((statement) => pool.query(statement), datname)
  })
}

const insufficientPrivilege = '42501'

/** Ends every session in it and removes it. PostgreSQL's own vacuum only a superuser may end: it is done within moments. */
export async function dropDatabase(
  ask: (statement: string) => Promise<unknown>,
  name: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ask(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      return
    } catch (error) {
      const vacuumed = error instanceof pg.DatabaseError && error.code === insufficientPrivilege
      if (!vacuumed || attempt === 100) throw error
    }
    await setTimeout(100)
  }
}

/** The address of another database on the same server. */
export function addressOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

async function withPool<T>(url: string, work: (pool: pg.Pool) => Promise<T>, schema?: string): Promise<T> {
  const pool = openPool(url, { max: 2, applicationName: 'newsstand test', ...(schema ? { schema } : {}) })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}
