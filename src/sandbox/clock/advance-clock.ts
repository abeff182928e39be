import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { inTransaction } from '../../db/database.ts'
import type { Deliverer } from '../events/deliver-events.ts'
import { type House, readPresent } from '../house.ts'
import type { Clock } from './clock.ts'
import { forget } from './forget.ts'
import { passingKinds, passTime } from './pass-time.ts'

/** Moments within an hour of each other are one step; the clock stops at the last of them. */
const step = 3600
/** How much of the moved time passes before old events are forgotten, so that a year does not fill the database. */
const forgetEvery = 31 * 86_400

export type Advance = { now: number; delivered: number } | { problem: string }

/**
 * Moves the time to `until` (seconds) through every due moment in order: the app has the new time before the events of
 * that moment, and each event was tried before the next. Resolves to the time that was reached and the events told.
 */
export async function advanceClock(
  house: House,
  clock: Clock,
  deliverer: Deliverer,
  until: number,
): Promise<Advance> {
  return inTransaction(house.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('sandbox time', 0))`.execute(tx)
    const { now } = await readPresent(house)
    if (until < now) return { problem: `The clock cannot go back: it is ${iso(now)} now.` }
    const before = await lastEvent(house)
    await deliverer.drained()
    let forgotten = now
    for (
      let moment = await nextMoment(house, until);
      moment !== null;
      moment = await nextMoment(house, until)
    ) {
      await reach(house, clock, moment)
      await passTime(house, moment)
      await deliverer.drained()
      if (moment - forgotten < forgetEvery) continue
      await forget(house)
      forgotten = moment
    }
    await reach(house, clock, until)
    const after = await readPresent(house)
    return { now: after.now, delivered: (await lastEvent(house)) - before }
  })
}

/** Time also passes by itself: does what is due now, unless another process is at it. Resolves when it is done. */
export async function passPresentTime(house: House): Promise<void> {
  await inTransaction(house.db, async (tx) => {
    const { rows } = await sql<{ held: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('sandbox time', 0)) as held`.execute(tx)
    if (rows[0]?.held) await passTime(house, (await readPresent(house)).now)
  })
}

/** The last moment of the next step that ends by `until`; null: nothing more is due. */
async function nextMoment(house: House, until: number): Promise<number | null> {
  const { rows } = await sql<{ moment: number | null }>`
    select max(due_at) as moment from sandbox.objects
    where kind = any(${passingKinds}::text[]) and due_at <= least(${until}::bigint, ${step} + (
      select min(due_at) from sandbox.objects where kind = any(${passingKinds}::text[])))`.execute(house.db)
  return rows[0]?.moment ?? null
}

async function reach(house: House, clock: Clock, moment: number): Promise<void> {
  const { now } = await readPresent(house)
  if (moment > now) await clock.moveTo(moment * 1000)
}

async function lastEvent(house: House): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select coalesce(pg_sequence_last_value(pg_get_serial_sequence('sandbox.events', 'seq')), 0) as seq`.execute(
    house.db,
  )
  return rows[0]?.seq ?? 0
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

const forgetEveryMs = 3_600_000

/** Lets time pass by itself, every second, until it is stopped. */
export function startTicking(house: House): { stop: () => Promise<void> } {
  const stopped = new AbortController()
  let forgottenMs = 0
  const tick = async () => {
    await passPresentTime(house)
    if (house.realNow() - forgottenMs < forgetEveryMs) return
    forgottenMs = house.realNow()
    await forget(house)
  }
  const ticking = (async () => {
    while (!stopped.signal.aborted) {
      await tick().catch((error: unknown) => {
        if (!stopped.signal.aborted)
          house.log({ level: 'warn', msg: 'time could not pass in the sandbox', error: String(error) })
      })
      await pause(1000, undefined, { signal: stopped.signal }).catch(() => {})
    }
  })()
  return {
    stop: async () => {
      stopped.abort()
      await ticking
    },
  }
}
