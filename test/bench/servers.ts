import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..', '..')

export interface RunningServer {
  url: string
  /** Milliseconds from the start of the process until it said its address. */
  startedIn: number
  stop: () => Promise<void>
}

/** Whether servers and load can each have a processor of their own. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Keeps this process, which makes the load, off the servers' processor. */
export function pinLoad(): void {
  if (canPin) spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)])
}

/** The app as `npm start` runs it, on an empty data folder. */
export async function startApp(): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'newsstand-bench-'))
  const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'fatal' }
  const server = await start(['src/server.ts'], settings, /is open:\s+(http:\S+)/)
  const stop = async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { ...server, stop }
}

/** A server that sends one body and its headers to whoever asks, and 304 for its ETag. */
export function startBaseline(kind: 'http' | 'express', page: string): Promise<RunningServer> {
  return start([join('test', 'bench', `baseline-${kind}.ts`), page], {}, /listening at (http:\S+)/)
}

async function start(args: string[], settings: Record<string, string>, says: RegExp): Promise<RunningServer> {
  const begun = performance.now()
  const [command, ...rest] = [...(canPin ? ['taskset', '-c', '0'] : []), process.execPath, ...args]
  const child = spawn(command ?? process.execPath, rest, {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await addressIn(child, says)
  return { url, startedIn: performance.now() - begun, stop: () => stop(child) }
}

async function addressIn(child: ChildProcess, says: RegExp): Promise<string> {
  if (!child.stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = says.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return url
  }
  throw new Error('the server ended before it listened')
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
