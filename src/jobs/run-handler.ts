import type { Task } from 'graphile-worker'
import type { JobHandler, JobLog } from './job.ts'

/** The handler as graphile-worker calls it; a failure is logged with the job's name and how often it was tried. */
export function toTask(name: string, handler: JobHandler, log: JobLog): Task {
  return async (payload, { job }) => {
    try {
      await handler(payload)
    } catch (error) {
      const last = job.attempts >= job.max_attempts
      const details = { job: name, attempt: job.attempts, attempts: job.max_attempts, err: error }
      if (last) log.error(details, 'a job failed and is given up')
      else log.warn(details, 'a job failed and will be tried again')
      throw error
    }
  }
}
