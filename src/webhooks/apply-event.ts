import type { CheckoutDeps } from '../checkout/deps.ts'
import { realClock } from '../clock.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { isMissing } from '../stripe/client.ts'
import type { Effect } from './events/effect.ts'
import { handlers } from './events/table.ts'
import { claimEvent, finishEvent, type InboxEvent, postponeEvent } from './inbox.ts'
import { readFacts } from './read-event.ts'

/** How long one attempt may take before another process may try. */
const leaseSeconds = 60

/** Waits between attempts; after the last one, the event is set aside for staff. */
const backoffSeconds = [2, 10, 60, 300, 1800, 7200, 21_600, 43_200]

/**
 * Makes one attempt at applying a kept event, if it is due and nobody else is at it. Never throws for what goes wrong
 * in applying: it is written down, tried again later, and at last set aside for staff.
 */
export async function applyEvent(deps: CheckoutDeps, eventId: string): Promise<void> {
  const event = await claimEvent(deps.db, eventId, {
    realNow: realClock(),
    untilRetry: inSeconds(leaseSeconds),
  })
  if (!event) return
  try {
    const effect = await effectOf(deps, event)
    const state = 'ignored' in effect ? 'ignored' : 'applied'
    await finishEvent(deps.db, event.id, {
      state,
      at: deps.clock(),
      note: 'ignored' in effect ? effect.ignored : null,
    })
  } catch (error) {
    await noteFailure(deps, event, error)
  }
}

async function effectOf(deps: CheckoutDeps, event: InboxEvent): Promise<Effect> {
  if (event.livemode !== (deps.installation.mode === 'live'))
    return { ignored: 'Of the other mode, live or test' }
  const handler = handlers[event.type]
  if (!handler) return { ignored: 'Not needed here' }
  const facts = readFacts(event)
  if (!facts) return { ignored: 'Its object has no id' }
  try {
    return await handler(deps, facts)
  } catch (error) {
    if (isMissing(error)) return { ignored: 'Stripe does not know its object' }
    throw error
  }
}

async function noteFailure(deps: CheckoutDeps, event: InboxEvent, error: unknown): Promise<void> {
  const note = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const wait = backoffSeconds[event.attempts - 1]
  deps.log.warn(
    { event: event.id, type: event.type, attempts: event.attempts, err: error },
    'an event could not be applied',
  )
  if (wait === undefined) return finishEvent(deps.db, event.id, { state: 'failed', at: deps.clock(), note })
  const nextAttemptAt = inSeconds(wait)
  await postponeEvent(deps.db, event.id, note, nextAttemptAt)
  await queueJob(
    deps.db,
    'apply-event',
    { eventId: event.id },
    { runAt: nextAttemptAt, key: `apply-event:${event.id}` },
  )
}

function inSeconds(seconds: number): Date {
  return new Date(realClock().getTime() + seconds * 1000)
}
