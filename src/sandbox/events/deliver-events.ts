import { setTimeout as pause } from 'node:timers/promises'
import type { Faults } from '../faults/faults.ts'
import { type House, readPresent } from '../house.ts'
import { channels, type Signals } from '../signals.ts'
import { type Claimed, claimDeliveries, freeDeadLeases, hasUntried, type Result } from './delivery-store.ts'
import { createPoster, type PostEvent, type Posted } from './post-event.ts'
import { presentEvent } from './present-event.ts'
import { startRecorder } from './record-results.ts'
import { signatureOf, webhookSecret } from './sign-payload.ts'

/** Seconds until the next try after each failure, in real time; after the last, a delivery is given up. */
const backoff = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200]
const atOnce = 16
/** Taken ahead, so that the next are at hand without asking the database for each. */
const ahead = 64
const timeoutMs = 20_000
/** Longer than all that was taken ahead can take; what a dead process held is freed sooner. */
const leaseMs = 150_000
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
  const recorder = startRecorder(house)
  const poster = createPoster(timeoutMs)
  const queue: { delivery: Claimed; faults: Faults }[] = []
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
        if (queue.length < atOnce) await claimMore()
      } while (again && !closed && queue.length < atOnce)
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
  const claimMore = async () => {
    const now = house.realNow()
    const claimed = await claimDeliveries(
      house.db,
      {
        now: new Date(now),
        until: new Date(now + leaseMs),
        session: signals.session(),
        toApp: appUrl !== null,
      },
      ahead,
    )
    if (claimed.length === 0) return
    again = true
    const { faults } = await readPresent(house)
    for (const delivery of claimed) queue.push({ delivery, faults })
    for (let free = atOnce - running; free > 0; free--) void work()
  }
  const work = async () => {
    running++
    for (let next = queue.shift(); next && !closed; next = queue.shift()) {
      recorder.add(await deliver(house, poster.post, next.delivery, appUrl, next.faults))
      if (queue.length < atOnce) wake()
    }
    running--
  }
  const poll = setInterval(wake, pollMs)
  const freeLeases = () => void freeDeadLeases(house.db).then(wake, () => {})
  const sweep = setInterval(freeLeases, 5000)
  freeLeases()
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
        await Promise.race([recorder.next(), pause(25)])
      }
    },
    close: async () => {
      closed = true
      clearInterval(poll)
      clearInterval(sweep)
      const deadline = Date.now() + 5000
      while ((running > 0 || claiming) && Date.now() < deadline) await pause(10)
      await recorder.settled()
      poster.close()
    },
  }
}

/** Sends one event once and resolves to what became of it; the faults may hold it back, double or drop it. */
async function deliver(
  house: House,
  post: PostEvent,
  delivery: Claimed,
  appUrl: string | null,
  faults: Faults,
): Promise<Result> {
  const now = house.realNow()
  const toApp = delivery.endpoint === 'app'
  const url = toApp ? appUrl : delivery.url
  // An endpoint that was deleted since wants nothing any more.
  if (url === null) return result(delivery, toApp ? 'pending' : 'given_up', now + 1000)
  if (house.random() < faults.drop) return result(delivery, 'dropped', now)
  const held = delivery.fresh ? holdBack(house, faults) : 0
  if (held > 0) return result(delivery, 'pending', now + held)
  const body = JSON.stringify(presentEvent(delivery))
  const signature = signatureOf(body, delivery.secret ?? webhookSecret, now)
  const twice = house.random() < faults.duplicate
  const [posted] = await Promise.all([post(url, body, signature), twice ? post(url, body, signature) : null])
  return judge(delivery, posted, now, house.realNow())
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

function judge(delivery: Claimed, posted: Posted, start: number, end: number): Result {
  const attempt = { at: new Date(start), duration_ms: Math.round(end - start), ...posted }
  if (posted.status !== null && posted.status >= 200 && posted.status < 300) {
    return { ...result(delivery, 'delivered', start), attempt }
  }
  const wait = backoff[delivery.attempts]
  if (wait === undefined) return { ...result(delivery, 'given_up', start), attempt }
  return { ...result(delivery, 'pending', start + wait * 1000), attempt }
}
