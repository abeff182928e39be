import { setTimeout as wait } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import type { JobLog } from './job.ts'

const waitMs = 2_000

/**
 * Keeps a runner alive: graphile-worker ends itself when it cannot write down a job's end, as while PostgreSQL
 * restarts. Throws if the first start fails; later ones are tried until they succeed.
 */
export async function keepRunning(
  start: () => Promise<Runner>,
  log: JobLog,
): Promise<{ stop: () => Promise<void> }> {
  let runner = await start()
  const stopping = new AbortController()
  const life = async () => {
    while (!stopping.signal.aborted) {
      await runner.promise.catch(() => {})
      if (stopping.signal.aborted) return
      log.warn({ from: 'jobs' }, 'jobs ended by themselves; starting them again')
      runner = (await startAgain(start, stopping.signal, log)) ?? runner
    }
    // Told to stop while it was being started.
    await runner.stop().catch(() => {})
  }
  const ended = life()
  return {
    stop: async () => {
      stopping.abort()
      await runner.stop().catch(() => {})
      await ended
    },
  }
}

/** null when told to stop meanwhile. */
async function startAgain(
  start: () => Promise<Runner>,
  stop: AbortSignal,
  log: JobLog,
): Promise<Runner | null> {
  while (!stop.aborted) {
    await wait(waitMs, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) return null
    try {
      return await start()
    } catch (error) {
      log.warn({ from: 'jobs', err: error }, 'jobs cannot be started yet')
    }
  }
  return null
}
