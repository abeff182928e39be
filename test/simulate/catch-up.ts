import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { readClock } from './sandbox.ts'
import type { World } from './world.ts'

/** Nothing moves any more, though something is left to do. */
export class NoProgress extends Error {
  override name = 'NoProgress'
}

const stillAfterMs = 60_000
/** As the app's own overlap between two looks for missed events, and a little more. */
const overlapMs = 11 * 60_000

interface Left {
  /** Events that are kept and not applied. */
  events: number
  /** Jobs that wait or run. */
  jobs: number
  /** Events that ever came; PostgreSQL says so a moment late. */
  kept: number
  complete: boolean
}

/**
 * What passes by itself in a real day, in a few seconds: events are tried again, and those that never came are asked
 * for. Resolves when none is left, and with `jobs` when no job is either. Throws NoProgress.
 */
export async function catchUp(world: World, wanted: { jobs: boolean }): Promise<void> {
  let last = ''
  let lastMoved = performance.now()
  let asked = 0
  const since = await readClock(world)
  for (;;) {
    await world.open()
    if (performance.now() - asked > 1000) {
      await insistOn(() => hasten(world, wanted.jobs))
      asked = performance.now()
    }
    await pause(50)
    const left = await insistOn(() => whatIsLeft(world, since))
    if (left.complete && left.events === 0 && (!wanted.jobs || left.jobs === 0)) return
    const now = JSON.stringify(left)
    if (now !== last) lastMoved = performance.now()
    last = now
    if (performance.now() - lastMoved > stillAfterMs)
      throw new NoProgress(`${now}; ${await describeLeft(world)}`)
  }
}

/** Brings forward what waits for its next try, and has the app look for what it missed. */
async function hasten({ pool }: World, jobs: boolean): Promise<void> {
  await pool.query("UPDATE events SET next_attempt_at = now() WHERE state = 'received'")
  if (jobs)
    await pool.query(
      // Not those that would soon run anyway: each try counts, and a job has so many.
      "UPDATE graphile_worker._private_jobs SET run_at = now() WHERE run_at > now() + interval '5 s' AND locked_at IS NULL",
    )
  for (const name of ['apply-due-events', 'take-missed-events'])
    await pool.query("SELECT graphile_worker.add_job($1::text, '{}'::json, job_key => $2::text)", [
      name,
      `simulation ${name}`,
    ])
}

async function whatIsLeft({ db, pool }: World, since: Date): Promise<Left> {
  const { rows } = await pool.query<{ events: number; kept: number; jobs: number; until: Date | null }>(`
    SELECT count(*)::int AS events,
      (SELECT n_tup_ins::int FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = 'events') AS kept,
      (SELECT count(*)::int FROM graphile_worker.jobs
        WHERE task_identifier NOT IN ('apply-due-events', 'take-missed-events', 'sweep') AND attempts < max_attempts) AS jobs,
      (SELECT complete_until FROM inbox_progress) AS until
    FROM events WHERE state = 'received'`)
  const row = rows[0]
  if (!row) throw new Error(`the inbox cannot be counted in ${db}`)
  const complete = row.until !== null && row.until.getTime() >= since.getTime() - overlapMs
  return { events: row.events, kept: row.kept, jobs: row.jobs, complete }
}

async function describeLeft({ db, pool }: World): Promise<string> {
  const events = await db
    .selectFrom('events')
    .select(['type', 'attempts', 'note', sql<number>`count(*)`.as('count')])
    .where('state', '=', 'received')
    .groupBy(['type', 'attempts', 'note'])
    .limit(5)
    .execute()
  const { rows: jobs } = await pool.query(
    'SELECT task_identifier, attempts, last_error, locked_by FROM graphile_worker.jobs LIMIT 5',
  )
  return JSON.stringify({ events, jobs })
}

/** A statement of ours may meet a deadlock with the app's own. */
async function insistOn<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === 5) throw error
    }
  }
}

/**
 * A day passes for what follows real time: Stripe forgets idempotency keys, the jobs and mails that a dead process held
 * are free to be taken by another, and who asked for too many codes may ask again.
 */
export async function passRealDay({ pool }: World): Promise<void> {
  await pool.query('DELETE FROM sandbox.idempotency_keys')
  await pool.query("UPDATE graphile_worker._private_jobs SET locked_at = locked_at - interval '1 day'")
  await pool.query('DELETE FROM limits')
  await pool.query('UPDATE mails SET claimed_until = now() WHERE claimed_until > now()')
}
