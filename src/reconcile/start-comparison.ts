import { inTransaction } from '../db/database.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { latestNight, reconcileIntervalMinutes } from './comparison.ts'
import type { ReconcileDeps } from './deps.ts'
import { insertComparison, listComparisons } from './store.ts'

/** The job that goes on with the comparison under way. */
export const compareJob = 'compare-with-stripe'

/** Begins a comparison now, unless one is under way; a job does the work. `askedBy`: null for one that is due. */
export async function startComparison(deps: ReconcileDeps, askedBy: string | null): Promise<boolean> {
  const startedAt = deps.clock()
  const asOf = new Date(startedAt.getTime() - reconcileIntervalMinutes * 60_000)
  return inTransaction(deps.db, async (tx) => {
    const started = await insertComparison(tx, { askedBy, startedAt, asOf })
    await queueJob(tx, compareJob, {}, { key: compareJob })
    return started
  })
}

/**
 * To be called every few minutes: begins the night's comparison, late where nobody was there at night, and goes on with
 * one that died.
 */
export async function compareWhenDue(deps: ReconcileDeps): Promise<void> {
  const [latest] = await listComparisons(deps.db, 1)
  if (latest && !latest.finishedAt) return queueJob(deps.db, compareJob, {}, { key: compareJob })
  const last = latest?.startedAt ?? deps.installation.created_at
  if (last < latestNight(deps.clock(), deps.installation.zone)) await startComparison(deps, null)
}
