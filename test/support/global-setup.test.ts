import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { root } from './run.ts'
import { makeScratch } from './scratch.ts'

interface Given {
  folder: string
  postgres: string
  clone: string
}

/** A run of its own, in a process group of its own, as npm test would start it. */
function startRun(t: TestContext, report: string, lastsMs: number): ChildProcess {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const setUp = join(root, 'test/support/global-setup.ts')
  const run = spawn(
    process.execPath,
    ['--test', `--test-global-setup=${setUp}`, join(root, 'test/support/lasting-run.ts')],
    {
      cwd: root,
      detached: true,
      stdio: 'ignore',
      env: { ...environment, LASTING_RUN_REPORT: report, LASTING_RUN_MS: String(lastsMs) },
    },
  )
  t.after(() => signalGroup(run, 'SIGKILL'))
  return run
}

/** As a terminal does it: to the runner and to every test file's process. */
function signalGroup(run: ChildProcess, signal: NodeJS.Signals): void {
  if (run.exitCode !== null || run.signalCode !== null) return
  assert.ok(run.pid)
  process.kill(-run.pid, signal)
}

async function whatItGot(report: string): Promise<Given> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 25) {
    if (existsSync(report)) return JSON.parse(await readFile(report, 'utf8'))
    await delay(25)
  }
  assert.fail('the run did not come to its test')
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

test('runs side by side do not meet; what is interrupted or killed leaves nothing', async (t) => {
  const reports = await makeScratch(t)
  const [one, two, three] = ['one', 'two', 'three'].map((name) => join(reports, name)) as [
    string,
    string,
    string,
  ]
  const killed = startRun(t, one, 60_000)
  const interrupted = startRun(t, two, 60_000)
  const [first, second] = [await whatItGot(one), await whatItGot(two)]
  assert.notEqual(first.folder, second.folder)
  assert.notEqual(first.clone, second.clone)
  assert.ok(await answers(first.clone))
  assert.ok(await answers(second.clone))

  signalGroup(interrupted, 'SIGINT')
  const [code] = await once(interrupted, 'close')
  assert.equal(code, 1)
  assert.equal(existsSync(second.folder), false)
  assert.equal(await answers(second.clone), false)
  assert.ok(await answers(first.clone), 'the other run goes on')

  signalGroup(killed, 'SIGKILL')
  await once(killed, 'close')
  const next = startRun(t, three, 0)
  assert.deepEqual(await once(next, 'close'), [0, null])
  assert.equal(existsSync(first.folder), false, 'a later run clears away what a killed one left')
  const third = await whatItGot(three)
  assert.equal(existsSync(third.folder), false)
  if (!process.env.TEST_DATABASE_URL) {
    for (const { postgres } of [first, second, third]) assert.equal(await answers(postgres), false)
  }
})
