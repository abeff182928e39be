/** Does one job. Resolves when it is done; throws to be tried again later, with growing waits. */
export type JobHandler = (payload: unknown) => Promise<void>

/** A job that runs at fixed times. */
export interface ScheduledJob {
  /** The name of its handler. */
  name: string
  /** Minute, hour, day of the month, month, weekday, in UTC: '*\/5 * * * *'. */
  cron: string
}

/** Where jobs say what went wrong; pino's logger fits. */
export interface JobLog {
  warn: (details: object, message: string) => void
  error: (details: object, message: string) => void
}
