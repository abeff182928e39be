import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type Stripe from 'stripe'
import type { Tables } from '../../src/db/tables.ts'

/** What a dead process does: nothing any more. */
export class Death extends Error {
  override name = 'Death'
}

/** A process that dies at one of its commit points, before or after that took effect, or lives (`at` null). */
export interface Life {
  db: Kysely<Tables>
  stripe: Stripe
  /** For what else cannot be taken back: a mail that leaves. */
  point: <T>(name: string, effect: () => Promise<T>) => Promise<T>
  /** The commit points that it came to, in order: "stripe: refunds.create", or "db: " and the tables that were written. */
  points: string[]
  end: () => Promise<void>
}

export interface Fate {
  at: number
  when: 'before' | 'after'
}

/** A life on `databaseUrl` and with `stripe`; every commit and every change at Stripe is a point. */
export function live(databaseUrl: string, stripe: Stripe, fate: Fate | null): Life {
  const points: string[] = []
  let dead = false
  const refuseDead = () => {
    if (dead) throw new Death('dead already')
  }
  const point = async <T>(name: string, effect: () => Promise<T>): Promise<T> => {
    refuseDead()
    const mine = fate?.at === points.length ? fate : null
    points.push(name)
    if (mine?.when === 'before') dead = true
    refuseDead()
    // What Stripe refuses has come to its point too.
    const result = await effect().finally(() => {
      if (mine) dead = true
    })
    refuseDead()
    return result
  }
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, types: bigints() })
  pool.on('error', () => {})
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: mortalPool(pool, point, refuseDead) }),
  })
  return { db, stripe: mortalStripe(stripe, point, refuseDead), point, points, end: () => pool.end() }
}

type Point = Life['point']

/** `bigint` columns as numbers, as in the house. */
function bigints(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides()
  types.setTypeParser(pg.types.builtins.INT8, Number)
  return types
}

function mortalPool(pool: pg.Pool, point: Point, refuseDead: () => void) {
  return {
    options: pool.options,
    connect: async () => mortalClient(await pool.connect(), point, refuseDead),
    end: () => pool.end(),
  }
}

function mortalClient(client: pg.PoolClient, point: Point, refuseDead: () => void) {
  /** null outside a transaction. */
  let written: Set<string> | null = null
  const query = async (text: string, values: unknown[] = []) => {
    const run = () => client.query(text, values)
    if (/^rollback/i.test(text)) {
      written = null
      return run()
    }
    refuseDead()
    if (/^(begin|start transaction)/i.test(text)) {
      written = new Set()
      return run()
    }
    if (/^commit/i.test(text)) {
      const tables = [...(written ?? [])].toSorted()
      written = null
      if (tables.length === 0) return run()
      return point(`db: ${tables.join(', ')}`, run).catch(async (error: unknown) => {
        // Before it was committed, the connection breaks with the process.
        await client.query('ROLLBACK').catch(() => {})
        throw error
      })
    }
    const table = writtenBy(text)
    if (!table) return run()
    if (!written) return point(`db: ${table}`, run)
    written.add(table)
    return run()
  }
  return { query, release: () => client.release() } as unknown as pg.PoolClient
}

function writtenBy(text: string): string | null {
  if (text.includes('graphile_worker.add_job')) return 'job'
  return /^\s*(?:insert into|update|delete from)\s+"?(\w+)"?/i.exec(text)?.[1] ?? null
}

const changes = new Set(['create', 'update', 'del', 'cancel', 'expire'])

function mortalStripe(stripe: Stripe, point: Point, refuseDead: () => void): Stripe {
  const wrap = <T extends object>(target: T, path: string): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name)
        const here = path ? `${path}.${String(name)}` : String(name)
        if (typeof value === 'object' && value !== null) return wrap(value, here)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(value, object, args)
          if (changes.has(String(name))) return point(`stripe: ${here}`, async () => call())
          refuseDead()
          return call()
        }
      },
    })
  return wrap(stripe, '')
}
