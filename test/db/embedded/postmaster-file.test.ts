import assert from 'node:assert/strict'
import { cp, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { openFolder } from '../../../src/db/embedded/folder.ts'
import { findPostmaster } from '../../../src/db/embedded/postmaster-file.ts'
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded.ts'
import { makeScratch } from '../../support/scratch.ts'

describe('a postmaster.pid that would bar the start', () => {
  let dataDir = ''
  let file = ''

  before(async () => {
    dataDir = await makeScratch()
    file = join(dataDir, 'postgres', 'postmaster.pid')
    await startsAndStops()
  })

  async function startsAndStops(): Promise<void> {
    const server = await startEmbeddedPostgres({ dataDir, durable: false })
    await ask(server.url)
    await server.release()
  }

  test('because its process number has gone to another program', async () => {
    await writeFile(file, `${process.pid}\n${dataDir}/postgres\n1\n1\n\n127.0.0.1\n 1 1\nready   \n`)
    assert.equal(await findPostmaster(await openFolder(dataDir)), null)
    await writeFile(file, `${process.pid}\n${dataDir}/postgres\n1\n1\n\n127.0.0.1\n 1 1\nready   \n`)
    await startsAndStops()
  })

  test('because its process is dead', async () => {
    await writeFile(file, `4194303\n${dataDir}/postgres\n1\n1\n\n127.0.0.1\n 1 1\nready   \n`)
    await startsAndStops()
  })

  test('because a power cut left it empty; one that is just being written is waited for', async () => {
    await writeFile(file, '')
    assert.equal((await findPostmaster(await openFolder(dataDir)))?.state, 'starting')
    await utimes(file, 0, 0)
    await startsAndStops()
  })

  test('because the folder was copied from under a living server, which is not the copy’s', async (t) => {
    const original = await startEmbeddedPostgres({ dataDir, durable: false })
    t.after(() => original.release())
    const copied = join(await makeScratch(), 'copy')
    await cp(dataDir, copied, { recursive: true, preserveTimestamps: true })
    assert.notEqual(await findPostmaster(await openFolder(dataDir)), null)
    const copy = await startEmbeddedPostgres({ dataDir: copied, durable: false })
    t.after(() => copy.release())
    assert.notEqual(new URL(copy.url).port, new URL(original.url).port)
    assert.match(await readFile(file, 'utf8'), /^\d+\n/)
  })
})

test('a living server is found by its port, and two holds of one program are two', async (t) => {
  const dataDir = await makeScratch(t)
  const [one, two] = await Promise.all([
    startEmbeddedPostgres({ dataDir, durable: false }),
    startEmbeddedPostgres({ dataDir, durable: false }),
  ])
  assert.equal(one.url, two.url)
  const found = await findPostmaster(await openFolder(dataDir))
  assert.equal(String(found?.port), new URL(one.url).port)
  await one.release()
  await one.release()
  assert.equal((await findPostmaster(await openFolder(dataDir)))?.state, 'ready')
  await two.release()
  assert.equal(await findPostmaster(await openFolder(dataDir)), null)
})

test('holds that come and go at once never meet a server that another has just stopped', async (t) => {
  const dataDir = await makeScratch(t)
  for (let round = 0; round < 6; round++) {
    await Promise.all(
      [0, 1, 2].map(async (place) => {
        await delay(place * round * 4)
        const hold = await startEmbeddedPostgres({ dataDir, durable: false })
        await ask(hold.url)
        await hold.release()
      }),
    )
  }
  assert.equal(await findPostmaster(await openFolder(dataDir)), null)
})

async function ask(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  assert.equal((await client.query('SELECT 1 AS n')).rows[0].n, 1)
  await client.end()
}
