import { schedule } from '../../src/house/house-jobs.ts'
import { questionKinds } from '../../src/orders/drift.ts'
import { handlers } from '../../src/webhooks/events/table.ts'
import type { Difference } from './compare.ts'
import { forgedIds } from './forge.ts'
import type { World } from './world.ts'

/** Jobs at fixed times: one that was given up is replaced at its next time, or at once where a new start asks for it. */
const scheduled = schedule.map(({ name }) => name)
const mostNamed = 20

/** What should not be there, or should, once everything is quiet. */
export async function findLeftovers(world: World): Promise<Difference[]> {
  return [
    ...(await findInTheInbox(world)),
    ...(await findDrift(world)),
    ...(await findLostJobs(world)),
    ...(await findUnbalanced(world)),
  ]
}

/** Every event once, none that nobody signed, none that could not be applied, and none missing. */
async function findInTheInbox({ db, pool }: World): Promise<Difference[]> {
  const failed = await db.selectFrom('events').selectAll().where('state', '=', 'failed').execute()
  const forged = await db.selectFrom('events').select('id').where('id', 'like', `${forgedIds}%`).execute()
  const { rows: repeated } = await pool.query<{ id: string; times: number }>(
    'SELECT id, count(*)::int AS times FROM events GROUP BY id HAVING count(*) > 1 LIMIT $1',
    [mostNamed],
  )
  const { rows: missing } = await pool.query<{ id: string; type: string }>(
    `SELECT id, type FROM sandbox.events WHERE type = ANY ($1)
      AND NOT EXISTS (SELECT FROM events kept WHERE kept.id = sandbox.events.id) LIMIT $2`,
    [Object.keys(handlers), mostNamed],
  )
  return [
    ...failed.map((event) => `event ${event.id} ${event.type} failed: ${event.note}`),
    ...forged.map((event) => `event ${event.id} was kept though nobody signed it`),
    ...repeated.map((event) => `event ${event.id} is kept ${event.times} times`),
    ...missing.map((event) => `event ${event.id} ${event.type} never came into the inbox`),
  ]
}

async function findDrift({ db }: World): Promise<Difference[]> {
  const drift = await db
    .selectFrom('drift')
    .selectAll()
    .where('closed_at', 'is', null)
    // What staff are asked is no difference.
    .where('kind', 'not in', questionKinds)
    .execute()
  return drift.map((one) => `drift ${one.kind} ${one.subject}: ${one.stripe_says}; ${one.we_say}`)
}

async function findLostJobs({ pool }: World): Promise<Difference[]> {
  const { rows } = await pool.query<{ task_identifier: string; last_error: string | null }>(
    `SELECT task_identifier, last_error FROM graphile_worker.jobs
      WHERE attempts >= max_attempts AND task_identifier <> ALL ($1)`,
    [scheduled],
  )
  return rows.map((job) => `job ${job.task_identifier} was given up: ${job.last_error}`)
}

/** Each posting's entries add up to nothing in each currency. */
async function findUnbalanced({ pool }: World): Promise<Difference[]> {
  const { rows } = await pool.query<{ posting_id: number; currency: string; sum: number }>(`
    SELECT posting_id, currency, sum(amount)::bigint AS sum FROM ledger_entries
    GROUP BY posting_id, currency HAVING sum(amount) <> 0`)
  return rows.map((row) => `posting ${row.posting_id} is off by ${row.sum} ${row.currency}`)
}
