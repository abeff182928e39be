import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../support/run.ts'

export interface Program {
  /** What its announcement named. */
  url: string
  alive: () => boolean
  /** Resolves when the process is gone. */
  end: (signal: NodeJS.Signals) => Promise<void>
  /** How it ended, and its last lines, for a report of what went wrong. */
  lastWords: () => string
}

const mostKept = 6000
const startWithinMs = 60_000

/** Every process that was started here and still lives; what remains at the end is killed. */
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/**
 * Starts one of our programs as a process of its own and waits until it says `announcement`, whose first group is its
 * address. Throws with its last words when it ends before that.
 */
export async function startProgram(
  file: string,
  settings: Record<string, string>,
  announcement: RegExp,
): Promise<Program> {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, ...settings }
  const child = spawn(process.execPath, [file], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  living.add(child)
  const gone = once(child, 'exit').then(() => void living.delete(child))
  let said = ''
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-mostKept)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const alive = () => child.exitCode === null && child.signalCode === null
  const end = async (signal: NodeJS.Signals) => {
    if (alive()) child.kill(signal)
    await gone
  }
  const deadline = performance.now() + startWithinMs
  while (!announcement.test(said)) {
    if (!alive()) throw new Error(`${file} ended before it was open: ${said}`)
    if (performance.now() > deadline) {
      await end('SIGKILL')
      throw new Error(`${file} was not open after ${startWithinMs / 1000} s: ${said}`)
    }
    await pause(10)
  }
  return {
    url: announcement.exec(said)?.[1] ?? '',
    alive,
    end,
    lastWords: () => `${child.signalCode ?? child.exitCode}: ${said}`,
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}
