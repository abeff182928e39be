import { setTimeout as pause } from 'node:timers/promises'
import type { Faults } from '../faults/faults.ts'
import { type House, readPresent } from '../house.ts'
import { channels, type Signals } from '../signals.ts'
import { type Claimed, claimDeliveries, freeDeadLeases, hasUntried, type Result } from './delivery-store.ts'
import { createPoster, type PostEvent, type Posted } from './post-event.ts'
import { presentEvent } from './present-event.ts'
import { type Recorder, startRecorder } from './record-results.ts'
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
const sweepMs = 5000

/** Sends events to those who want them, a few at a time, until they are answered with 2xx. */
export class Deliverer {
  readonly #house: House
  readonly #signals: Signals
  readonly #recorder: Recorder
  readonly #poster = createPoster(timeoutMs)
  readonly #queue: { delivery: Claimed; faults: Faults }[] = []
  readonly #timers: NodeJS.Timeout[]
  #appUrl: string | null = null
  #running = 0
  #claiming = false
  #again = false
  #closed = false

  constructor(house: House, signals: Signals) {
    this.#house = house
    this.#signals = signals
    this.#recorder = startRecorder(house)
    this.#timers = [setInterval(() => this.wake(), pollMs), setInterval(() => this.#sweep(), sweepMs)]
    signals.on(channels.events, () => this.wake())
    this.#sweep()
  }

  /** Sends to this address from now on what is for the app; null: nowhere, until one is known. */
  sendTo(url: string | null): void {
    this.#appUrl = url
    this.wake()
  }

  /** Looks for something to send. */
  wake(): void {
    if (this.#closed) return
    if (this.#claiming) this.#again = true
    else void this.#claim()
  }

  /** Resolves once everything that can be sent was tried at least once. */
  async drained(): Promise<void> {
    while (!this.#closed && (await hasUntried(this.#house.db, this.#appUrl !== null))) {
      this.wake()
      await Promise.race([this.#recorder.next(), pause(25)])
    }
  }

  /** Begins nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    const deadline = Date.now() + 5000
    while ((this.#running > 0 || this.#claiming) && Date.now() < deadline) await pause(10)
    await this.#recorder.settled()
    this.#poster.close()
  }

  async #claim(): Promise<void> {
    this.#claiming = true
    try {
      do {
        this.#again = false
        if (this.#queue.length < atOnce) await this.#claimMore()
      } while (this.#again && !this.#closed && this.#queue.length < atOnce)
    } catch (error) {
      const msg = 'the sandbox could not look for events to deliver'
      this.#house.log({ level: 'warn', msg, error: String(error) })
    } finally {
      this.#claiming = false
    }
  }

  async #claimMore(): Promise<void> {
    const now = this.#house.realNow()
    const lease = {
      now: new Date(now),
      until: new Date(now + leaseMs),
      session: this.#signals.session(),
      toApp: this.#appUrl !== null,
    }
    const claimed = await claimDeliveries(this.#house.db, lease, ahead)
    if (claimed.length === 0) return
    this.#again = true
    const { faults } = await readPresent(this.#house)
    for (const delivery of claimed) this.#queue.push({ delivery, faults })
    for (let free = atOnce - this.#running; free > 0; free--) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running++
    for (let next = this.#queue.shift(); next && !this.#closed; next = this.#queue.shift()) {
      const { post } = this.#poster
      this.#recorder.add(await deliver(this.#house, post, next.delivery, this.#appUrl, next.faults))
      if (this.#queue.length < atOnce) this.wake()
    }
    this.#running--
  }

  #sweep(): void {
    freeDeadLeases(this.#house.db).then(
      () => this.wake(),
      () => {},
    )
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
