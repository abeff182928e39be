import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { cloneDatabase } from './database.ts'
import { ofRun } from './run.ts'
import { dropDatabase } from './template.ts'

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

test('a clone has the tables of the house, the jobs and the sandbox, and none of another clone’s rows', async (t) => {
  const [one, two] = await Promise.all([cloneDatabase(), cloneDatabase()])
  t.after(() => Promise.all([one.drop(), two.drop()]))
  assert.notEqual(one.url, two.url)
  const schemas = await ask(one.url, 'SELECT DISTINCT schemaname FROM pg_tables ORDER BY 1')
  const found = schemas.map((row) => row.schemaname)
  for (const schema of ['public', 'graphile_worker', 'sandbox']) assert.ok(found.includes(schema), schema)
  await ask(one.url, 'CREATE TABLE only_here (n int)')
  await assert.rejects(ask(two.url, 'SELECT FROM only_here'), /does not exist/)
})

test('dropping ends the sessions that are still in it', async () => {
  const clone = await cloneDatabase()
  const client = new pg.Client(clone.url)
  client.on('error', () => {})
  await client.connect()
  await clone.drop()
  await assert.rejects(client.query('SELECT 1'))
  await assert.rejects(ask(clone.url, 'SELECT 1'), /does not exist/)
  await clone.drop()
})

test('dropping waits for a session that it may not end, and for no other trouble', async () => {
  const refused = Object.assign(new pg.DatabaseError('permission denied', 0, 'error'), { code: '42501' })
  let asked = 0
  const until3 = async () => {
    asked++
    if (asked < 3) throw refused
  }
  await dropDatabase(until3, 'some')
  assert.equal(asked, 3)
  const other = Object.assign(new pg.DatabaseError('no', 0, 'error'), { code: '42601' })
  await assert.rejects(
    dropDatabase(() => Promise.reject(other), 'some'),
    other,
  )
})

test('what the run did not set up is said, with how to start it', () => {
  const kept = process.env.NEWSSTAND_TEST_TEMPLATE
  delete process.env.NEWSSTAND_TEST_TEMPLATE
  assert.throws(() => ofRun('template'), /npm test/)
  process.env.NEWSSTAND_TEST_TEMPLATE = kept
})
