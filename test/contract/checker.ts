import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../simulate/program.ts'
import { root } from '../support/run.ts'
import type { Schemas } from './schemas.ts'

/** A proxy that checks what passes through it against Stripe's schemas. */
export interface Checker {
  url: string
  /** Ends it. Resolves to what it saw and did not like. */
  finish: () => Promise<Verdict>
  kill: () => void
}

export interface Verdict {
  checked: number
  violations: Violation[]
}

export interface Violation {
  /** "POST /v1/refunds 200", or an event's type. */
  about: string
  where: string
  message: string
}

interface Line {
  severity: string
  where?: string
  at?: string
  message: string
  method?: string
  path?: string
  status?: number
  type?: string
  appStatus?: number
}

export interface CheckerOptions {
  schemas: Schemas
  upstream: string
  /** Where it writes what it finds. */
  log: string
  /** Given: events pass through it, signed with this secret. Absent: API requests. */
  webhookSecret?: string
}

/** Starts one, and waits until it listens. Throws with what it said when it ends before that. */
export async function startChecker(options: CheckerOptions): Promise<Checker> {
  const { schemas, upstream, log, webhookSecret } = options
  const port = await freePort()
  const kind = webhookSecret ? ['--as', 'webhooks', '--whsec', webhookSecret] : []
  const where = ['--listen', String(port), '--upstream', upstream, '--log', log]
  const words = [schemas.checker, ...where, ...kind, '--strict', '--quiet']
  const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const gone = once(child, 'exit')
  while (!said.includes('checking against')) {
    if (child.exitCode !== null) throw new Error(`the checker ended before it listened: ${said}`)
    await pause(20)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => child.kill('SIGKILL'),
    finish: async () => {
      child.kill('SIGTERM')
      await gone
      return { checked: checkedIn(said), violations: await readViolations(log) }
    },
  }
}

/** Its last words are a summary in JSON. Throws when they are not: then nothing was proved. */
function checkedIn(said: string): number {
  const summary = /\{.*"checked":(\d+).*\}/.exec(said)
  if (!summary) throw new Error(`the checker gave no account: ${said}`)
  return Number(summary[1])
}

async function readViolations(log: string): Promise<Violation[]> {
  const text = await readFile(log, 'utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => toViolation(JSON.parse(line) as Line))
}

function toViolation(line: Line): Violation {
  const about = line.type ?? `${line.method ?? ''} ${line.path ?? ''} ${line.status ?? ''}`.trim()
  return { about, where: `${line.where ?? ''} ${line.at ?? ''}`.trim(), message: line.message }
}
