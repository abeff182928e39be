import { EventEmitter } from 'node:events'
import { type ParsedCronItem, parseCronItems, type Runner, run, runMigrations } from 'graphile-worker'
import pg from 'pg'
import { freeAbandonedJobs, showWorkerAlive } from './abandoned-jobs.ts'
import type { JobHandler, JobLog, ScheduledJob } from './job.ts'
import { workerLogger } from './job-log.ts'
import { keepRunning } from './keep-running.ts'
import { toTask } from './run-handler.ts'

export interface JobsOptions {
  /** The house's database, where the queue lives in a schema of its own. */
  connectionString: string
  /** By job name. Jobs of other names wait for a process that knows them. */
  handlers: Record<string, JobHandler>
  schedule: ScheduledJob[]
  log: JobLog
  /** Jobs at once in this process; 3 unless told. */
  concurrency?: number
}

export interface Jobs {
  /** Takes no new jobs, waits for those in flight, closes the connections. May be called twice. */
  stop: () => Promise<void>
}

/** Makes or upgrades the queue's own tables, in the schema graphile_worker. Safe to call at every start. */
export async function migrateJobs(options: Pick<JobsOptions, 'connectionString' | 'log'>): Promise<void> {
  const pool = openJobsPool(options, 2)
  try {
    await runMigrations({ pgPool: pool, logger: workerLogger(options.log) })
  } finally {
    await pool.end()
  }
}

/**
 * Runs queued and scheduled jobs until stopped, with a few connections of its own, and starts again by itself when the
 * database was away. Throws if the database cannot be reached at the start.
 */
export async function startJobs(options: JobsOptions): Promise<Jobs> {
  const concurrency = options.concurrency ?? 3
  const pool = openJobsPool(options, concurrency + 2)
  try {
    const runner = await keepRunning(() => startRunner(pool, concurrency, options), options.log)
    const sweep = sweepEveryMinute(pool, options.log)
    return stopOnce(async () => {
      clearInterval(sweep)
      await runner.stop()
      await pool.end()
    })
  } catch (error) {
    await pool.end()
    throw error
  }
}

function openJobsPool(options: Pick<JobsOptions, 'connectionString' | 'log'>, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max,
    application_name: 'newsstand jobs',
    connectionTimeoutMillis: 5_000,
  })
  // Without these, a connection that breaks would end the process.
  const note = (error: Error) =>
    options.log.warn({ from: 'jobs', reason: error.message }, 'a connection broke')
  pool.on('error', note)
  pool.on('connect', (client) => void client.on('error', note))
  return pool
}

async function startRunner(pool: pg.Pool, concurrency: number, options: JobsOptions): Promise<Runner> {
  const tasks = Object.entries(options.handlers).map(
    ([name, handler]) => [name, toTask(name, handler, options.log)] as const,
  )
  return run({
    pgPool: pool,
    concurrency,
    noHandleSignals: true,
    pollInterval: 2_000,
    logger: workerLogger(options.log),
    events: showWorkerAlive(new EventEmitter(), options.log),
    taskList: Object.fromEntries(tasks),
    parsedCronItems: cronItems(options.schedule),
    // Without batches a lost connection at a job's end is an unhandled rejection, and ends the process (0.18.0).
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  })
}

/** One job waits and one runs of each name at most, over all processes: a slow one is not overtaken by itself. */
function cronItems(schedule: ScheduledJob[]): ParsedCronItem[] {
  return parseCronItems(
    schedule.map(({ name, cron }) => ({
      task: name,
      identifier: name,
      match: cron,
      options: { jobKey: `scheduled ${name}`, queueName: `scheduled ${name}`, maxAttempts: 5 },
    })),
  )
}

function sweepEveryMinute(pool: pg.Pool, log: JobLog): NodeJS.Timeout {
  const sweep = () => {
    freeAbandonedJobs(pool, log).catch((error: unknown) => {
      log.warn({ from: 'jobs', err: error }, 'could not look for abandoned jobs')
    })
  }
  sweep()
  return setInterval(sweep, 60_000).unref()
}

function stopOnce(stop: () => Promise<void>): Jobs {
  let stopped: Promise<void> | undefined
  return {
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
