import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { inTransaction, openDatabase, openPool, type Transaction } from '../../src/db/database.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const pool = openPool(database.url, { max: 4 })
const db = openDatabase(pool)
after(async () => {
  await db.destroy()
  await database.drop()
})

/** What an administrator's restart of PostgreSQL does to one connection. */
async function terminate(pid: number): Promise<void> {
  const other = openPool(database.url, { max: 1 })
  await other.query('SELECT pg_terminate_backend($1)', [pid])
  await other.end()
}

async function pidOf(tx: Transaction): Promise<number> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
  return rows[0]?.pid ?? 0
}

describe('a connection that breaks while it is in use', () => {
  it('fails its transaction between two statements, and not the process', async () => {
    const work = inTransaction(db, async (tx) => {
      await terminate(await pidOf(tx))
      await new Promise((resolve) => setTimeout(resolve, 50))
      await sql`SELECT 1`.execute(tx)
    })
    await assert.rejects(work)
    assert.deepEqual((await sql`SELECT 1 AS one`.execute(db)).rows, [{ one: 1 }])
  })

  it('fails the statement that it was at, and not the process', async () => {
    const work = inTransaction(db, async (tx) => {
      const pid = await pidOf(tx)
      const slow = sql`SELECT pg_sleep(30)`.execute(tx)
      await Promise.all([slow, terminate(pid)])
    })
    await assert.rejects(work)
    assert.deepEqual((await sql`SELECT 1 AS one`.execute(db)).rows, [{ one: 1 }])
  })
})
