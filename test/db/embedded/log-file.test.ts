import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { keepLogSmall } from '../../../src/db/embedded/log-file.ts'
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded.ts'
import { makeScratch } from '../../support/scratch.ts'

const megabyte = 1024 * 1024

test('a log over a megabyte is emptied and kept once; a smaller one, or none, is left', async (t) => {
  const log = join(await makeScratch(t), 'postgres.log')
  await keepLogSmall(log)
  await writeFile(log, 'x'.repeat(megabyte))
  await keepLogSmall(log)
  assert.equal((await stat(log)).size, megabyte)
  await writeFile(log, 'y'.repeat(megabyte + 1))
  await keepLogSmall(log)
  assert.equal((await stat(log)).size, 0)
  assert.equal((await stat(`${log}.old`)).size, megabyte + 1)
})

test('the server goes on at the new end, and writes down neither statements nor addresses', async (t) => {
  // Hooks run in the order in which they were made: a folder of the test's would go before its server.
  const dataDir = await makeScratch()
  const log = join(dataDir, 'postgres.log')
  await writeFile(log, 'x'.repeat(megabyte + 1))
  const server = await startEmbeddedPostgres({ dataDir, durable: false })
  t.after(() => server.release())
  const begun = await readFile(log, 'utf8')
  assert.match(begun, /ready to accept connections/)
  assert.ok(!begun.includes('x'.repeat(99)))

  const client = new pg.Client(server.url)
  await client.connect()
  await client.query('CREATE TABLE readers (email text UNIQUE)')
  const insert = "INSERT INTO readers VALUES ('alice@newsstand.test')"
  await client.query(insert)
  await assert.rejects(client.query(insert), /duplicate key/)
  await client.end()
  await assert.rejects(new pg.Client(server.url.replace(/:[0-9a-f]+@/, ':wrong@')).connect(), /password/)
  const said = await readFile(log, 'utf8')
  assert.match(said, /password authentication failed/)
  assert.doesNotMatch(said, /alice|INSERT|duplicate/)
})
