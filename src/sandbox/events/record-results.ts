import type { House } from '../house.ts'
import { type Result, recordResults } from './delivery-store.ts'

export interface Recorder {
  add: (result: Result) => void
  /** Resolves after the next statement. */
  next: () => Promise<void>
  /** Resolves once everything that was added is written, or could not be. */
  settled: () => Promise<void>
}

/** Writes results down in the background, those that come meanwhile together in one statement. */
export function startRecorder(house: House): Recorder {
  let waiting: Result[] = []
  let writing: Promise<void> | null = null
  let watchers: (() => void)[] = []

  const write = async () => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await recordResults(house.db, batch).catch((error: unknown) => {
        // The leases run out, and what was sent is sent again: at least once, never not at all.
        house.log({
          level: 'warn',
          msg: 'the sandbox could not record deliveries',
          count: batch.length,
          error: String(error),
        })
      })
      const watching = watchers
      watchers = []
      for (const watcher of watching) watcher()
    }
    writing = null
  }
  return {
    add: (result) => {
      waiting.push(result)
      writing ??= Promise.resolve().then(write)
    },
    next: () => new Promise((resolve) => watchers.push(resolve)),
    settled: async () => {
      while (writing) await writing
    },
  }
}
