import type { CheckoutDeps } from '../checkout/deps.ts'
import { applyEvent } from './apply-event.ts'

export interface Applier {
  /** Applies a kept event after those that came before it, without anyone waiting for it. */
  soon: (eventId: string) => void
  /** Begins nothing more and resolves when nothing is under way; what still waits is in the inbox, for the next start. */
  stop: () => Promise<void>
}

/** As many at once as leave connections for readers. */
const mostAtOnce = 4

/** Applies events in this process as they come; what it loses in a crash, the next sweep finds in the inbox. */
export function openApplier(deps: CheckoutDeps): Applier {
  const waiting: string[] = []
  let stopped = false
  const running = new Set<Promise<void>>()
  const startNext = () => {
    const eventId = running.size < mostAtOnce && !stopped ? waiting.shift() : undefined
    if (!eventId) return
    const work = applyEvent(deps, eventId)
      .catch((error: unknown) =>
        deps.log.warn({ event: eventId, err: error }, 'an event waits for the next sweep'),
      )
      .finally(() => {
        running.delete(work)
        startNext()
      })
    running.add(work)
  }
  return {
    soon: (eventId) => {
      waiting.push(eventId)
      startNext()
    },
    stop: async () => {
      stopped = true
      while (running.size > 0) await Promise.all(running)
    },
  }
}
