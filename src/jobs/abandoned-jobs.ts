import type { EventEmitter } from 'node:events'
import type { WorkerEvents } from 'graphile-worker'
import type pg from 'pg'
import type { JobLog } from './job.ts'

/**
 * graphile-worker leaves the jobs of a process that was killed alone for 4 hours (resetLockedAt in 0.18.0). So each
 * worker holds an advisory lock as long as its connection lives, and what is locked by one that holds none is freed.
 */
const lockName = (worker: string) => `newsstand jobs of ${worker}`

/** Makes the workers that report to `events` hold the lock that says they live. */
export function showWorkerAlive(events: EventEmitter, log: JobLog): WorkerEvents {
  const workerEvents: WorkerEvents = events
  workerEvents.on('pool:listen:success', ({ workerPool, client }) => {
    const hold = () => {
      const lock = client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0))', [
        lockName(workerPool.id),
      ])
      lock.catch((error: unknown) =>
        log.warn({ from: 'jobs', err: error }, 'could not show that jobs run here'),
      )
    }
    // graphile-worker is just sending its LISTEN on this connection.
    client.once('drain', hold)
  })
  return workerEvents
}

/** Frees jobs that were begun over two minutes ago by a worker that lives no more. Returns how many workers had died. */
export async function freeAbandonedJobs(pool: pg.Pool, log: JobLog): Promise<number> {
  const { rows } = await pool.query<{ worker: string }>(`
    WITH holders AS MATERIALIZED (
      SELECT DISTINCT locked_by AS worker FROM graphile_worker.jobs
      WHERE locked_by IS NOT NULL AND locked_at < now() - interval '2 minutes'
    ), dead AS MATERIALIZED (
      SELECT worker FROM holders
      WHERE pg_try_advisory_xact_lock(hashtextextended('${lockName('')}' || worker, 0))
    )
    SELECT worker, graphile_worker.force_unlock_workers(array[worker]) FROM dead`)
  if (rows.length > 0) log.warn({ from: 'jobs', workers: rows.length }, 'freed the jobs of workers that died')
  return rows.length
}
