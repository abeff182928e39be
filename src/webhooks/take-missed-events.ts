import type Stripe from 'stripe'
import type { CheckoutDeps } from '../checkout/deps.ts'
import { realClock } from '../clock.ts'
import { handlers } from './events/table.ts'
import { keepEvent, listKnownIds } from './inbox.ts'
import { findCompleteUntil, moveCompleteUntil } from './progress.ts'
import { toNewEvent } from './read-event.ts'

/** Events may become visible a little later than they were created. */
const overlapMilliseconds = 10 * 60_000
const mostTypes = 20

/**
 * Asks Stripe for the events since the inbox was last complete and keeps those that never came. Stripe keeps events for
 * 30 days (https://docs.stripe.com/api/events, read 2026-11-22). Returns the ids that were missing.
 */
export async function takeMissedEvents(deps: CheckoutDeps): Promise<string[]> {
  const asOf = deps.clock()
  const since = (await findCompleteUntil(deps.db)) ?? deps.installation.created_at
  const missed: string[] = []
  const gte = Math.floor(since.getTime() / 1000)
  for (const types of inLots(Object.keys(handlers)))
    for await (const page of pages(deps, { types, gte })) missed.push(...(await keepMissing(deps, page)))
  await moveCompleteUntil(deps.db, new Date(asOf.getTime() - overlapMilliseconds))
  return missed
}

/** Stripe takes 20 types at most in one question (https://docs.stripe.com/api/events/list, read 2026-11-22). */
function inLots(types: string[]): string[][] {
  const lots = Math.ceil(types.length / mostTypes)
  return Array.from({ length: lots }, (_, lot) => types.slice(lot * mostTypes, (lot + 1) * mostTypes))
}

async function keepMissing(deps: CheckoutDeps, page: Stripe.Event[]): Promise<string[]> {
  const missed: string[] = []
  const known = await listKnownIds(
    deps.db,
    page.map((event) => event.id),
  )
  for (const event of page) {
    if (known.has(event.id)) continue
    const kept = toNewEvent(JSON.stringify(event))
    if (kept && (await keepEvent(deps.db, kept, deps.clock(), realClock()))) missed.push(event.id)
  }
  return missed
}

async function* pages(deps: CheckoutDeps, { types, gte }: { types: string[]; gte: number }) {
  let startingAfter: string | undefined
  do {
    const page = await deps.stripe.events.list({
      types,
      created: { gte },
      limit: 100,
      ...(startingAfter ? { starting_after: startingAfter } : {}),
    })
    yield page.data
    startingAfter = page.has_more ? page.data.at(-1)?.id : undefined
  } while (startingAfter)
}
