import { setTimeout as pause } from 'node:timers/promises'
import type { Faults } from '../faults/faults.ts'
import { type House, readPresent } from '../house.ts'
import { channels, type Signals } from '../signals.ts'
import { deliverEvent } from './deliver-event.ts'
import { type Claimed, claimDeliveries, freeLeases, hasUntried } from './delivery-store.ts'
import { Lanes } from './lanes.ts'
import { createPoster } from './post-event.ts'
import { type Recorder, startRecorder } from './record-results.ts'

const atOnce = 16
/** Taken ahead, so that the next are at hand without asking the database for each; more are taken when few are left. */
const ahead = 512
const few = 128
const timeoutMs = 20_000
/** Longer than all that was taken ahead can take; what a dead process held is freed sooner. */
const leaseMs = 1_200_000
const pollMs = 500
const sweepMs = 5000

/**
 * Sends events to those who want them until they are answered with 2xx: several at once, but what happened to
 * one customer in the order in which it happened.
 */
export class Deliverer {
  readonly #house: House
  readonly #signals: Signals
  readonly #recorder: Recorder
  readonly #poster = createPoster(timeoutMs)
  readonly #lanes = new Lanes<{ delivery: Claimed; faults: Faults }>(
    ({ delivery }) => `${delivery.endpoint} ${delivery.lane ?? delivery.id}`,
  )
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
    while (!this.#closed && (await this.#untried())) {
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

  async #untried(): Promise<boolean> {
    if (this.#running > 0 || this.#lanes.waiting > 0) return true
    await this.#recorder.settled()
    return hasUntried(this.#house.db, this.#appUrl !== null)
  }

  async #claim(): Promise<void> {
    this.#claiming = true
    try {
      do {
        this.#again = false
        if (this.#lanes.waiting < few) await this.#claimMore()
      } while (this.#again && !this.#closed && this.#lanes.waiting < few)
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
    for (const delivery of claimed) this.#lanes.add({ delivery, faults })
    this.#sendNext()
  }

  #sendNext(): void {
    while (this.#running < atOnce && !this.#closed) {
      const next = this.#lanes.take()
      if (!next) return
      void this.#send(next)
    }
  }

  async #send(next: { delivery: Claimed; faults: Faults }): Promise<void> {
    this.#running++
    const { post } = this.#poster
    this.#recorder.add(await deliverEvent(this.#house, post, next.delivery, this.#appUrl, next.faults))
    this.#lanes.done(next)
    this.#running--
    if (this.#lanes.waiting < few) this.wake()
    this.#sendNext()
  }

  #sweep(): void {
    freeLeases(this.#house.db, new Date(this.#house.realNow())).then(
      () => this.wake(),
      () => {},
    )
  }
}
