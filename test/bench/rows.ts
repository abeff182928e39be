import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entitlement } from '../../src/entitlements/entitlement.ts'
import { decideAccess } from '../../src/paywall/decide-access.ts'
import { capturePage, readPage } from './captured-page.ts'
import { inTurn, requestsPerSecond } from './measure.ts'
import { type RunningServer, startBaseline } from './servers.ts'

export interface Measured {
  app: number[]
  baseline: number[]
  unit: string
}

export interface Row {
  /** What a median ratio of app to baseline must reach, or must not exceed. */
  goal: { atLeast: number } | { atMost: number }
  measure: (app: RunningServer, length: { rounds: number; seconds: number }) => Promise<Measured>
}

const article = '/articles/quds-force-chief-visits-baghdad'

/** Each against a baseline in the same run. */
export const rows: Record<string, Row> = {
  preview: { goal: { atLeast: 0.8 }, measure: page(article, 'http') },
  'preview-express': { goal: { atLeast: 1.5 }, measure: page(article, 'express') },
  'not-modified': { goal: { atLeast: 0.8 }, measure: page(article, 'http', true) },
  'front-page': { goal: { atLeast: 0.8 }, measure: page('/', 'http') },
  access: { goal: { atMost: 20 }, measure: async (_app, { rounds }) => access(rounds) },
}

/** A stranger's page, 50 connections, beside a bare server that sends the same bytes and headers. */
function page(path: string, kind: 'http' | 'express', notModified = false): Row['measure'] {
  return async (app, { rounds, seconds }) => {
    const file = await capturePage(app.url + path, mkdtempSync(join(tmpdir(), 'newsstand-bench-')))
    const baseline = await startBaseline(kind, file)
    const headers: Record<string, string> = notModified ? { 'if-none-match': readPage(file).etag } : {}
    const status = notModified ? 304 : 200
    const load = (url: string) => (length: number) =>
      requestsPerSecond({ url, seconds: length, headers, status })
    try {
      const { a, b } = await inTurn(rounds, load(app.url + path), load(baseline.url + path), seconds)
      return { app: a, baseline: b, unit: 'requests/s' }
    } finally {
      await baseline.stop()
    }
  }
}

const calls = 200_000

/** decideAccess with 20 entitlements, beside one pass over the same data that does nothing. */
async function access(rounds: number): Promise<Measured> {
  const now = new Date('2026-11-22T12:00:00Z')
  const guarded = { access: 'subscribers', collection: 'daily' } as const
  const entitlements = Array.from({ length: 20 }, (_, index) => ended(index, now))
  const decide = () => decideAccess(guarded, entitlements, null, now).reason.length
  const pass = () => {
    let seen = 0
    for (const entitlement of entitlements) seen += entitlement.opens.length
    return seen
  }
  const { a, b } = await inTurn(
    rounds,
    async () => nanoseconds(decide),
    async () => nanoseconds(pass),
    0,
  )
  return { app: a, baseline: b, unit: 'ns/call' }
}

function nanoseconds(work: () => number): number {
  let sum = 0
  const begun = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) sum += work()
  const took = Number(process.hrtime.bigint() - begun)
  if (sum === 0) throw new Error('nothing was done')
  return took / calls
}

function ended(index: number, now: Date): Entitlement {
  const endsAt = new Date(now.getTime() - index * 1000)
  const startsAt = new Date(endsAt.getTime() - 86_400_000)
  const source = { source: 'order', orderId: String(index), subscriptionId: null } as const
  return {
    id: String(index),
    readerId: 'r',
    opens: ['daily'],
    ...source,
    startsAt,
    endsAt,
    runsOnUntil: null,
    held: null,
    released: false,
  }
}
