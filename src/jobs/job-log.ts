import { Logger } from 'graphile-worker'
import type { JobLog } from './job.ts'

/**
 * graphile-worker's messages in our log, without their details, which hold payloads. What it says of a failed job is
 * dropped: `run-handler.ts` has said it already, in fewer words.
 */
export function workerLogger(log: JobLog): Logger {
  return new Logger(() => (level, message, details) => {
    if (details?.failure) return
    if (level === 'error') log.error({ from: 'jobs' }, message)
    if (level === 'warning') log.warn({ from: 'jobs' }, message)
  })
}
