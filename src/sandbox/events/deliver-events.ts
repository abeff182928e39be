import { setTimeout as pause } from 'node:timers/promises'
import type { Faults } from '../faults/faults.ts'
import { type House, readPresent } from '../house.ts'
import { channels, type Signals } from '../signals.ts'
import {
  type Claimed,
  claimDeliveries,
  freeDeadLeases,
  hasUntried,
  type Result,
  recordResults,
} from './delivery-store.ts'
import { presentEvent } from './present-event.ts'
import { signatureOf, webhookSecret } from './sign-payload.ts'

/** Seconds until the next try after each failure, in real time; after the last, a delivery is given up. */
const backoff = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200]
const atOnce = 16
const timeoutMs = 20_000
const leaseMs = 30_000
const pollMs = 500

export interface Deliverer {
  /** Where the app listens; null: nowhere yet. */
  sendTo: (url: string | null) => void
  wake: () => void
  /** Resolves once everything that can be sent was tried at least once. */
  drained: () => Promise<void>
  close: () => Promise<void>
}

/** Sends events to those who want them, a few at a time, until they are answered with 2xx. */
export function startDeliverer(house: House, signals: Signals): Deliverer {
  const writer = startWriter(house)
  let appUrl: string | null = null
  let running = 0
  let closed = false
  let claiming = false
  let again = false

  const wake = () => {
    if (closed) return
    if (claiming) again = true
    else void claim()
  }
  const claim = async () => {
    claiming = true
    try {
      do {
        again = false
        await claimOnce()
      } while (again && !closed)
    } catch (error) {
      house.log({
        level: 'warn',
        msg: 'the sandbox could not look for events to deliver',
        error: String(error),
      })
    } finally {
      claiming = false
    }
  }
  const claimOnce = async () => {
    const room = atOnce - running
    if (room <= 0) return
    const now = house.realNow()
    const lease = {
      now: new Date(now),
      until: new Date(now + leaseMs),
      session: signals.session(),
      toApp: appUrl !== null,
    }
    const claimed = await claimDeliveries(house.db, lease, room)
    if (claimed.length === 0) return
    again = true
    const { faults } = await readPresent(house)
    running += claimed.length
    for (const delivery of claimed) void run(delivery, faults)
  }
  const run = async (delivery: Claimed, faults: Faults) => {
    try {
      await writer.add(await deliver(house, delivery, delivery.url ?? appUrl, faults))
    } catch (error) {
      house.log({
        level: 'warn',
        msg: 'the sandbox could not record a delivery',
        event: delivery.id,
        error: String(error),
      })
    } finally {
      running--
      wake()
    }
  }
  const poll = setInterval(wake, pollMs)
  const sweep = setInterval(() => void freeDeadLeases(house.db).then(wake, () => {}), 5000)
  signals.on(channels.events, wake)

  return {
    sendTo: (url) => {
      appUrl = url
      wake()
    },
    wake,
    drained: async () => {
      while (!closed && (await hasUntried(house.db, appUrl !== null))) {
        wake()
        await Promise.race([writer.next(), pause(25)])
      }
    },
    close: async () => {
      closed = true
      clearInterval(poll)
      clearInterval(sweep)
      const deadline = Date.now() + 5000
      while ((running > 0 || claiming) && Date.now() < deadline) await pause(10)
    },
  }
}

/** Sends one event once and resolves to what became of it; the faults may hold it back, double or drop it. */
async function deliver(house: House, delivery: Claimed, url: string | null, faults: Faults): Promise<Result> {
  const now = house.realNow()
  if (url === null) return result(delivery, 'pending', now + 1000)
  if (house.random() < faults.drop) return result(delivery, 'dropped', now)
  const held = delivery.fresh ? holdBack(house, faults) : 0
  if (held > 0) return result(delivery, 'pending', now + held)
  const body = JSON.stringify(presentEvent(delivery), null, 2)
  const secret = delivery.secret ?? webhookSecret
  const twice = house.random() < faults.duplicate
  const [attempt] = await Promise.all([
    post(house, url, body, secret),
    twice ? post(house, url, body, secret) : null,
  ])
  return judge(delivery, attempt)
}

/** For how many milliseconds a fresh delivery waits; 0: not at all. */
function holdBack(house: House, faults: Faults): number {
  const delayed = faults.delay_ms > 0 ? Math.ceil(house.random() * faults.delay_ms) : 0
  const overtaken = house.random() < faults.reorder ? 20 + Math.ceil(house.random() * 400) : 0
  return delayed + overtaken
}

function result(delivery: Claimed, state: Result['state'], nextAt: number): Result {
  return { id: delivery.delivery_id, state, next_at: new Date(nextAt), attempt: null }
}

async function post(
  house: House,
  url: string,
  body: string,
  secret: string,
): Promise<NonNullable<Result['attempt']>> {
  const start = house.realNow()
  const done = (status: number | null, error: string | null) => ({
    at: new Date(start),
    duration_ms: Math.round(house.realNow() - start),
    status,
    error,
  })
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureOf(body, secret, start),
        'user-agent': 'Stripe/1.0 (newsstand sandbox)',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.arrayBuffer()
    return done(response.status, null)
  } catch (error) {
    return done(null, reasonOf(error))
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

function judge(delivery: Claimed, attempt: NonNullable<Result['attempt']>): Result {
  const at = attempt.at.getTime()
  if (attempt.status !== null && attempt.status >= 200 && attempt.status < 300) {
    return { ...result(delivery, 'delivered', at), attempt }
  }
  const wait = backoff[delivery.attempts]
  if (wait === undefined) return { ...result(delivery, 'given_up', at), attempt }
  return { ...result(delivery, 'pending', at + wait * 1000), attempt }
}

/** Gathers results that come at the same time into one statement. */
function startWriter(house: House) {
  let waiting: { result: Result; resolve: () => void; reject: (error: unknown) => void }[] = []
  let writing = false
  let watchers: (() => void)[] = []
  const write = async () => {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await recordResults(
          house.db,
          batch.map((one) => one.result),
        )
        for (const one of batch) one.resolve()
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
      const watching = watchers
      watchers = []
      for (const watcher of watching) watcher()
    }
    writing = false
  }
  return {
    add: (result: Result) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ result, resolve, reject })
        if (!writing) void write()
      }),
    /** Resolves after the next statement. */
    next: () => new Promise<void>((resolve) => watchers.push(resolve)),
  }
}
