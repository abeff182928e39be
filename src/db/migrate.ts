import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type pg from 'pg'

/**
 * Brings a schema up to the newest numbered `.sql` file in `folder`, in order, each once, one process at a time
 * (Kysely's migrator holds a lock). Returns the names that ran now. Throws the first failure; what ran before it stays.
 */
export async function migrate(pool: pg.Pool, folder: string, schema = 'public'): Promise<string[]> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: sharedPool(pool) }) })
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => readMigrations(folder) },
    migrationTableSchema: schema,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error) throw error
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** The migrator's Kysely must not end a pool that its caller goes on using. */
function sharedPool(pool: pg.Pool) {
  return { connect: () => pool.connect(), end: async () => {}, options: pool.options }
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const entries = await Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      const migration: Migration = { up: async (db) => void (await sql.raw(text).execute(db)) }
      return [name.slice(0, -'.sql'.length), migration] as const
    }),
  )
  return Object.fromEntries(entries)
}
