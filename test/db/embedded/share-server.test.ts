import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { makeScratch } from '../../support/scratch.ts'
import { enter, isGone, runTenant, serverOf } from './tenant.ts'

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
