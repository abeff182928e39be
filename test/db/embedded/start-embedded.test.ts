import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { enter, isGone, lives, makeFolder, people, serverOf, whyNot } from './tenant.ts'

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
