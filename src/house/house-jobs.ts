import { z } from 'zod'
import { removeOldCarts } from '../cart/store.ts'
import { closeStalePayments } from '../checkout/close-pending.ts'
import { correctCustomers } from '../checkout/correct-customers.ts'
import type { CheckoutDeps } from '../checkout/deps.ts'
import { endUnpaid } from '../checkout/end-unpaid.ts'
import { retryForgottenDuplicates, undoDuplicate } from '../checkout/undo-duplicate.ts'
import { realClock } from '../clock.ts'
import type { JobHandler, ScheduledJob } from '../jobs/job.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { followCharges } from '../orders/follow-charges.ts'
import { enterEarlier, sweepPending } from '../orders/sweep-ledger.ts'
import type { Readers } from '../readers/readers.ts'
import { goOnComparing } from '../reconcile/go-on.ts'
import { compareJob, compareWhenDue } from '../reconcile/start-comparison.ts'
import { applyEvent } from '../webhooks/apply-event.ts'
import type { Applier } from '../webhooks/apply-soon.ts'
import { listDueIds } from '../webhooks/inbox.ts'
import { takeMissedEvents } from '../webhooks/take-missed-events.ts'

export interface HouseJobsDeps extends CheckoutDeps {
  readers: Readers
  applier: Applier
}

/** What happens at fixed times, over all processes once; times are UTC. */
export const schedule: ScheduledJob[] = [
  { name: 'apply-due-events', cron: '* * * * *' },
  { name: 'take-missed-events', cron: '*/5 * * * *' },
  { name: 'compare-when-due', cron: '*/10 * * * *' },
  { name: 'sweep', cron: '17 * * * *' },
  { name: 'sweep-ledger', cron: '37 * * * *' },
]

const oldCartDays = 60
const dueAtOnce = 500

/** Every job of the house by its name. */
export function handlersOf(deps: HouseJobsDeps): Record<string, JobHandler> {
  return {
    ...deps.outbox.handlers,
    'undo-duplicate': (payload) =>
      undoDuplicate(deps, z.object({ orderId: z.string() }).parse(payload).orderId),
    'end-unpaid': (payload) => endUnpaid(deps, z.object({ sessionId: z.string() }).parse(payload).sessionId),
    'correct-customers': (payload) =>
      correctCustomers(deps, z.object({ readerId: z.string() }).parse(payload).readerId),
    'follow-charges': async (payload) => {
      await followCharges(deps, z.object({ paymentIntentId: z.string() }).parse(payload).paymentIntentId)
    },
    'sweep-ledger': () => sweepLedger(deps),
    'apply-event': (payload) => applyEvent(deps, z.object({ eventId: z.string() }).parse(payload).eventId),
    'apply-due-events': () => applyDueEvents(deps),
    'take-missed-events': async () => {
      for (const eventId of await takeMissedEvents(deps)) deps.applier.soon(eventId)
    },
    'compare-when-due': () => compareWhenDue(deps),
    [compareJob]: () => goOnComparing(deps),
    sweep: () => sweep(deps),
  }
}

/** Events that a process kept and did not live to apply. */
async function applyDueEvents({ db, applier }: HouseJobsDeps): Promise<void> {
  for (const eventId of await listDueIds(db, realClock(), dueAtOnce)) applier.soon(eventId)
}

async function sweep(deps: HouseJobsDeps): Promise<void> {
  const { db, clock, readers } = deps
  await readers.sweepSignIns()
  await removeOldCarts(db, new Date(clock().getTime() - oldCartDays * 86_400_000))
  await closeStalePayments(deps)
  await retryForgottenDuplicates(deps)
}

/** What was paid before there was a ledger is entered a lot at a time, so that a process may stop in between. */
async function sweepLedger(deps: HouseJobsDeps): Promise<void> {
  await sweepPending(deps)
  if (await enterEarlier(deps)) await queueJob(deps.db, 'sweep-ledger', {}, { key: 'sweep-ledger: next lot' })
}
