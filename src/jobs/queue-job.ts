import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'

export interface JobOptions {
  /** Not before this real time; absent: as soon as the transaction is committed. */
  runAt?: Date
  /** A waiting job with the same key is replaced by this one. */
  key?: string
  /** 25 unless told. */
  maxAttempts?: number
}

/**
 * Queues a job inside `tx`: it runs if and only if the transaction commits. `payload` must be JSON and hold ids, not
 * personal data. Needs the tables that `migrateJobs` makes.
 */
export async function queueJob(
  tx: Transaction,
  name: string,
  payload: object,
  options: JobOptions = {},
): Promise<void> {
  await sql`
    SELECT graphile_worker.add_job(
      identifier => ${name}::text,
      payload => ${JSON.stringify(payload)}::json,
      run_at => ${options.runAt?.toISOString() ?? null}::timestamptz,
      max_attempts => ${options.maxAttempts ?? null}::int,
      job_key => ${options.key ?? null}::text
    )`.execute(tx)
}
