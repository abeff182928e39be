import { realClock } from '../clock.ts'
import { applyEvent } from '../webhooks/apply-event.ts'
import { listDueIds } from '../webhooks/inbox.ts'
import { takeMissedEvents } from '../webhooks/take-missed-events.ts'
import type { ReconcileDeps } from './deps.ts'

const dueAtOnce = 500

/** Takes and applies every event that Stripe has told of until now, so that what only is on its way is no difference. */
export async function catchUp(deps: ReconcileDeps): Promise<void> {
  await takeMissedEvents(deps)
  for (const eventId of await listDueIds(deps.db, realClock(), dueAtOnce)) await applyEvent(deps, eventId)
}
