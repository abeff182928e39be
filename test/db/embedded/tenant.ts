import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { makeScratch, type Scope } from '../../support/scratch.ts'

const program = join(import.meta.dirname, 'tenant-process.ts')

/** Someone who starts the program; null: who runs these tests. */
export interface Person {
  name: string
  become: { uid: number; gid: number } | null
}

const me: Person = { name: process.getuid?.() === 0 ? 'root' : 'an ordinary user', become: null }
const nobody: Person = { name: 'an ordinary user', become: { uid: 65534, gid: 65534 } }

/** Root and an ordinary user where these tests run as root; else only the ordinary user who runs them. */
export const people: Person[] = process.getuid?.() === 0 ? [me, nobody] : [me]
export const ordinary: Person = process.getuid?.() === 0 ? nobody : me
export const isRoot = process.getuid?.() === 0

/** Why this person cannot run the program at all, so that the test that needs them says it when it skips; false if they can. */
export function whyNot(person: Person): string | false {
  const script = `require('fs').accessSync(${JSON.stringify(program)})`
  const { status } = spawnSync(process.execPath, ['-e', script], { ...person.become, cwd: '/' })
  return status === 0
    ? false
    : `NOT TESTED: ${person.name} cannot reach ${program}; run the tests from an open folder too`
}

/** An empty folder that belongs to the person. */
export async function makeFolder(scope: Scope, person: Person): Promise<string> {
  const folder = await makeScratch(scope)
  if (person.become) await chown(folder, person.become.uid, person.become.gid)
  return folder
}

type Word = Record<string, unknown>

export interface Tenant {
  pid: number
  /** The next thing it says that has this key, from those not yet taken. Fails when it ends without. */
  hears(key: string): Promise<Word>
  /** What the database answers it. Fails when it could not be asked. */
  asks(statement: string): Promise<unknown>
  /** Lets go of the server and ends. */
  releases(): Promise<void>
  /** kill -9 of the program and of what is in its process group. */
  dies(): Promise<void>
  exit: Promise<number | null>
}

/** Starts the program, in a process group of its own, as from a terminal. It is ended with the test, at the latest. */
export function runTenant(
  t: TestContext,
  dataDir: string,
  person: Person = me,
  wrapper: readonly string[] = [],
): Tenant {
  const [command = process.execPath, ...args] = [...wrapper, process.execPath, program, dataDir]
  const child = spawn(command, args, {
    ...person.become,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const tenant = listenTo(child)
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) await tenant.dies()
  })
  return tenant
}

/** Starts one and waits until it holds the server. */
export async function enter(
  t: TestContext,
  dataDir: string,
  person: Person = me,
): Promise<Tenant & { url: string }> {
  const tenant = runTenant(t, dataDir, person)
  const { url, startMs } = await tenant.hears('url')
  t.diagnostic(`started in ${startMs} ms`)
  assert.ok(Number(startMs) < 15_000)
  return Object.assign(tenant, { url: String(url) })
}

function listenTo(child: ChildProcess): Tenant {
  const words: Word[] = []
  const { stdin, stdout } = child
  assert.ok(stdin && stdout && child.pid)
  const pid = child.pid
  stdin.on('error', () => {})
  const exit = once(child, 'close').then(([code]) => code as number | null)
  let news = Promise.withResolvers<void>()
  const tell = () => {
    news.resolve()
    news = Promise.withResolvers<void>()
  }
  let ended = false
  void exit.then(() => {
    ended = true
    tell()
  })
  createInterface({ input: stdout }).on('line', (line) => {
    words.push(JSON.parse(line))
    tell()
  })

  async function hears(key: string): Promise<Word> {
    for (;;) {
      const index = words.findIndex((word) => key in word)
      const word = words[index]
      if (word) {
        words.splice(index, 1)
        return word
      }
      if (ended) assert.fail(`the program ended without "${key}"; it said ${JSON.stringify(words)}`)
      await news.promise
    }
  }

  return {
    pid,
    hears,
    exit,
    asks: async (statement) => {
      stdin.write(`${statement.replaceAll(/\s+/g, ' ')}\n`)
      const { rows, failure } = await hears('rows')
      assert.equal(failure, undefined)
      return rows
    },
    releases: async () => {
      stdin.write('release\n')
      await hears('released')
      assert.equal(await exit, 0)
    },
    dies: async () => {
      process.kill(-pid, 'SIGKILL')
      await exit
    },
  }
}

/** The process that serves this data folder. */
export function serverOf(dataDir: string): number {
  const pid = findServer(dataDir)
  assert.ok(pid, `no server lives on ${dataDir}`)
  return pid
}

/** The process that serves this data folder, by its own file; null when there is none or it is dead. */
function findServer(dataDir: string): number | null {
  const path = join(dataDir, 'postgres', 'postmaster.pid')
  if (!existsSync(path)) return null
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10)
  return lives(pid) ? pid : null
}

/** Whether the process is there and not only waiting to be reaped. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    if (process.platform === 'linux') readlinkSync(`/proc/${pid}/cwd`)
    return true
  } catch {
    return false
  }
}

export async function isGone(pid: number): Promise<void> {
  for (let waited = 0; waited < 3_000; waited += 10) {
    if (!lives(pid)) return
    await delay(10)
  }
  assert.fail(`process ${pid} still lives`)
}
