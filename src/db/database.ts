import { Kysely, type Transaction as KyselyTransaction, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Database<T = Tables> = Kysely<T>
/** What a store takes first: an open transaction, or the database itself where one statement is enough. */
export type Transaction<T = Tables> = Kysely<T> | KyselyTransaction<T>

/** `bigint` columns hold minor units and counters: both fit a JavaScript integer, and one that does not is a fault. */
function parseBigint(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint from the database is too large: ${text}`)
  return value
}

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, parseBigint)

export interface DatabaseOptions {
  /** Connections at most; 10 unless told. */
  max?: number
  applicationName?: string
  /** The schema that unqualified names mean; `public` unless told. */
  schema?: string
  /** Told of a connection that broke while idle; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void
}

/** A pool on `url`. Connects at the first statement, so an unreachable server throws there and not here. */
export function openPool(url: string, options: DatabaseOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'newsstand',
    connectionTimeoutMillis: 5_000,
    types,
    ...(options.schema ? { options: `-c search_path=${options.schema}` } : {}),
  })
  pool.on('error', (error) => options.onIdleError?.(error))
  // While a connection is in use nobody else listens, and its breaking would end the process. Whoever uses it is told by
  // the statement that fails.
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/** Typed queries over a pool. `destroy()` on the result also ends the pool. */
export function openDatabase<T = Tables>(pool: pg.Pool): Database<T> {
  return new Kysely<T>({ dialect: new PostgresDialect({ pool }) })
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export function inTransaction<T, R>(
  db: Kysely<T>,
  work: (tx: KyselyTransaction<T>) => Promise<R>,
): Promise<R> {
  return db.transaction().execute(work)
}
