import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Database, openDatabase, openPool } from '../../src/db/database.ts'
import { resetLimit, sweepLimits, takeFromLimit } from '../../src/db/limits.ts'
import { cloneDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database
const noon = new Date('2026-11-22T12:00:00Z')
const after30 = new Date('2026-11-22T12:00:30Z')
const after60 = new Date('2026-11-22T12:01:00Z')

before(async () => {
  database = await cloneDatabase()
  db = openDatabase(openPool(database.url))
})
after(async () => {
  await db.destroy()
  await database.drop()
})

const take = (key: string, now = noon, limit = 2) => takeFromLimit(db, key, { limit, windowSeconds: 60, now })

test('uses within the limit are allowed, and the next says how long to wait', async () => {
  assert.deepEqual(await take('a'), { allowed: true })
  assert.deepEqual(await take('a', after30), { allowed: true })
  assert.deepEqual(await take('a', after30), { allowed: false, retryAfterSeconds: 30 })
  assert.deepEqual(await take('other', after30), { allowed: true })
})

test('a window ends its time after its first use, and another begins', async () => {
  await take('b')
  await take('b')
  await take('b')
  assert.deepEqual(await take('b', new Date(after60.getTime() - 1)), { allowed: false, retryAfterSeconds: 1 })
  assert.deepEqual(await take('b', after60), { allowed: true })
  assert.deepEqual(await take('b', after60), { allowed: true })
  assert.deepEqual(await take('b', after60), { allowed: false, retryAfterSeconds: 60 })
})

test('uses at the same moment are counted one by one', async () => {
  const taken = await Promise.all(Array.from({ length: 20 }, () => take('c', noon, 7)))
  assert.equal(taken.filter(({ allowed }) => allowed).length, 7)
})

test('being refused again and again does not make the number grow', async () => {
  for (let turn = 0; turn < 6; turn++) await take('d')
  const { rows } = await openRows()
  assert.ok(rows.every(({ uses }) => uses <= 8))
})

test('a key is forgotten when told', async () => {
  await take('e')
  await take('e')
  await resetLimit(db, 'e')
  assert.deepEqual(await take('e'), { allowed: true })
})

test('windows that have ended are swept, and no key is readable', async () => {
  await take('alice@example.test')
  await take('alice@example.test later', after30)
  const { rows } = await openRows()
  assert.doesNotMatch(JSON.stringify(rows), /alice/)
  await sweepLimits(db, after60)
  const left = await openRows()
  assert.ok(left.rows.length > 0 && left.rows.every(({ ends_at }) => ends_at > after60))
})

async function openRows() {
  const rows = await db.selectFrom('limits').selectAll().execute()
  return { rows }
}
