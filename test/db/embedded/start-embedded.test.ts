import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { makeScratch } from '../../support/scratch.ts'
import { findServer, isGone, lives, makeFolder, people, runTenant, type Tenant, whyNot } from './tenant.ts'

/** Starts one and waits until it holds the server. */
async function enter(t: TestContext, dataDir: string, person = people[0]): Promise<Tenant & { url: string }> {
  const tenant = runTenant(t, dataDir, person)
  const { url, startMs } = await tenant.hears('url')
  t.diagnostic(`started in ${startMs} ms`)
  assert.ok(Number(startMs) < 15_000)
  return Object.assign(tenant, { url: String(url) })
}

function serverOf(dataDir: string): number {
  const pid = findServer(dataDir)
  assert.ok(pid, `no server lives on ${dataDir}`)
  return pid
}

for (const person of people) {
  describe(`the embedded server, as ${person.name}`, { skip: whyNot(person) }, () => {
    test('keeps what was committed over a stop, a kill and a crash', async (t) => {
      const dataDir = join(await makeFolder(t, person), 'data')

      await t.test('a first start makes the database', async (t) => {
        const tenant = await enter(t, dataDir, person)
        const [facts] = (await tenant.asks(
          `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
           current_setting('TimeZone') AS zone, getdatabaseencoding() AS encoding, lower('ÉÜМ') AS low,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super`,
        )) as [Record<string, unknown>]
        assert.deepEqual(facts, {
          major: 18,
          fsync: 'on',
          zone: 'UTC',
          encoding: 'UTF8',
          low: 'éüм',
          super: false,
        })
        await tenant.asks('CREATE TABLE kept (n int)')
        await tenant.asks('INSERT INTO kept VALUES (1)')
        if (person.become) assert.equal((await stat(join(dataDir, 'postgres'))).uid, person.become.uid)
        const server = serverOf(dataDir)
        await tenant.releases()
        await isGone(server)
      })

      await t.test('a second start finds it', async (t) => {
        const tenant = await enter(t, dataDir, person)
        assert.deepEqual(await tenant.asks('SELECT n FROM kept'), [{ n: 1 }])
        await tenant.releases()
      })

      await t.test('the password is for its owner alone', async () => {
        assert.equal((await stat(join(dataDir, 'postgres/newsstand.secret'))).mode & 0o777, 0o600)
        assert.equal((await stat(join(dataDir, 'postgres.log'))).mode & 0o777, 0o600)
      })

      await t.test('the server outlives a program that is killed, and serves the next', async (t) => {
        const killed = await enter(t, dataDir, person)
        const server = serverOf(dataDir)
        await killed.asks('INSERT INTO kept VALUES (2)')
        await killed.dies()
        assert.ok(lives(server))
        const next = await enter(t, dataDir, person)
        assert.equal(next.url, killed.url)
        assert.equal(serverOf(dataDir), server)
        assert.deepEqual(await next.asks('SELECT n FROM kept ORDER BY n'), [{ n: 1 }, { n: 2 }])
        await next.releases()
        await isGone(server)
      })

      await t.test('after a kill of everything, server included, the next start recovers', async (t) => {
        const killed = await enter(t, dataDir, person)
        await killed.asks('INSERT INTO kept VALUES (3)')
        process.kill(serverOf(dataDir), 'SIGKILL')
        await killed.dies()
        const next = await enter(t, dataDir, person)
        assert.deepEqual(await next.asks('SELECT count(*)::int AS n FROM kept'), [{ n: 3 }])
        await next.releases()
      })

      await t.test('a server that falls while it is held comes back at the same address', async (t) => {
        const tenant = await enter(t, dataDir, person)
        const fallen = serverOf(dataDir)
        process.kill(fallen, 'SIGKILL')
        await tenant.hears('notice')
        let rows: unknown = null
        for (let tries = 0; rows === null && tries < 100; tries++) {
          await delay(50)
          rows = await tenant.asks('SELECT count(*)::int AS n FROM kept').catch(() => null)
        }
        assert.deepEqual(rows, [{ n: 3 }])
        const server = serverOf(dataDir)
        assert.notEqual(server, fallen)
        await tenant.releases()
        await isGone(server)
      })
    })

    test('a data folder in a closed folder, with a space in its name', async (t) => {
      const closed = await makeFolder(t, person)
      assert.equal((await stat(closed)).mode & 0o777, 0o700)
      const dataDir = join(closed, 'the data', 'of "mine"')
      const tenant = await enter(t, dataDir, person)
      assert.deepEqual(await tenant.asks('SELECT 1 AS n'), [{ n: 1 }])
      await tenant.releases()
    })
  })
}

describe('several programs on one data folder', () => {
  test('three that start at once on an empty folder share one server; the last one out stops it', async (t) => {
    const dataDir = await makeScratch(t)
    const [a, b, c] = await Promise.all([enter(t, dataDir), enter(t, dataDir), enter(t, dataDir)])
    assert.equal(a.url, b.url)
    assert.equal(a.url, c.url)
    const server = serverOf(dataDir)
    assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.log'])

    await a.releases()
    assert.deepEqual(await b.asks('SELECT 1 AS n'), [{ n: 1 }], 'one left, two remain')
    await b.dies()
    const late = await enter(t, dataDir)
    await late.releases()
    assert.deepEqual(
      await c.asks('SELECT 1 AS n'),
      [{ n: 1 }],
      'a killed one counts neither as out nor as in',
    )
    assert.equal(serverOf(dataDir), server)
    await c.releases()
    await isGone(server)
  })

  test('all that let go at once stop it once', async (t) => {
    const dataDir = await makeScratch(t)
    const first = await enter(t, dataDir)
    const others = await Promise.all([enter(t, dataDir), enter(t, dataDir)])
    const server = serverOf(dataDir)
    await Promise.all([first, ...others].map((tenant) => tenant.releases()))
    await isGone(server)
  })

  test('one that starts while the last one stops the server gets a new one', async (t) => {
    const dataDir = await makeScratch(t)
    let current = await enter(t, dataDir)
    for (let round = 0; round < 4; round++) {
      const next = runTenant(t, dataDir)
      await delay(round * 40)
      await current.releases()
      const { url } = await next.hears('url')
      assert.deepEqual(await next.asks('SELECT 1 AS n'), [{ n: 1 }])
      current = Object.assign(next, { url: String(url) })
    }
    const server = serverOf(dataDir)
    await current.releases()
    await isGone(server)
  })
})

describe('a kill while the database is being made', () => {
  for (const how of ['with its initdb', 'without its initdb'] as const) {
    test(`${how}: the next start makes it anew and leaves no remains`, async (t) => {
      const dataDir = await makeScratch(t)
      const killed = runTenant(t, dataDir)
      await untilInitdbWorks(dataDir)
      if (how === 'with its initdb') await killed.dies()
      else process.kill(killed.pid, 'SIGKILL')
      assert.equal((await readdir(dataDir)).includes('postgres'), false)
      const next = await enter(t, dataDir)
      assert.deepEqual(await next.asks('SELECT 1 AS n'), [{ n: 1 }])
      await next.releases()
      const again = await enter(t, dataDir)
      await again.releases()
      assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.log'])
    })
  }

  async function untilInitdbWorks(dataDir: string): Promise<void> {
    for (let waited = 0; waited < 5_000; waited += 5) {
      const attempt = (await readdir(dataDir)).find((name) => name.startsWith('postgres.making-'))
      const made = attempt ? await readdir(join(dataDir, attempt, 'cluster')).catch(() => []) : []
      if (made.includes('PG_VERSION')) return
      await delay(5)
    }
    assert.fail('initdb did not begin')
  }
})

test('Ctrl-C reaches the program and not the server, which answers until the program has drained', async (t) => {
  const dataDir = await makeScratch(t)
  const tenant = await enter(t, dataDir)
  const server = serverOf(dataDir)
  process.kill(-tenant.pid, 'SIGINT')
  assert.deepEqual((await tenant.hears('rows')).rows, [{ said: 'drained' }])
  assert.equal(await tenant.exit, 0)
  await isGone(server)
})
