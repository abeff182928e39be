import { setTimeout as wait } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import type { JobLog } from './job.ts'

const waitMs = 2_000
/** How long a runner that is ending may take over it. */
const endingMs = 15_000

/**
 * Keeps a runner alive: graphile-worker ends itself when it cannot write down a job's end, as while PostgreSQL
 * restarts. Throws if the first start fails; later ones are tried until they succeed.
 */
export async function keepRunning(
  start: () => Promise<Runner>,
  log: JobLog,
  patienceMs = endingMs,
): Promise<{ stop: () => Promise<void> }> {
  let runner = await start()
  const stopping = new AbortController()
  const life = async () => {
    while (!stopping.signal.aborted) {
      await ended(runner, patienceMs)
      if (stopping.signal.aborted) return
      log.warn({ from: 'jobs' }, 'jobs ended by themselves; starting them again')
      runner = (await startAgain(start, stopping.signal, log)) ?? runner
    }
    // Told to stop while it was being started.
    await runner.stop().catch(() => {})
  }
  const over = life()
  return {
    stop: async () => {
      stopping.abort()
      await runner.stop().catch(() => {})
      await over
    },
  }
}

/**
 * Resolves when a runner has ended, or has not managed to within `patienceMs` of beginning to: when its connections break
 * one after the other it may wait for ever for one that is gone (0.18.0, seen 2026-11-22). Then what it held is let go.
 */
async function ended(runner: Runner, patienceMs: number): Promise<void> {
  const gaveUp = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const watch = () => {
    timer ??= setTimeout(gaveUp.resolve, patienceMs)
  }
  runner.events.on('pool:gracefulShutdown', watch)
  const over = await Promise.race([
    runner.promise.then(
      () => true,
      () => true,
    ),
    gaveUp.promise.then(() => false),
  ])
  clearTimeout(timer)
  runner.events.off('pool:gracefulShutdown', watch)
  if (!over) void runner.kill('it could not end by itself').catch(() => {})
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
