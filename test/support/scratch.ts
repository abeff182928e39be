import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ofRun } from './run.ts'

/** Whatever calls back when its test or suite is over: a test's context, or `{ after }` of node:test. */
export interface Scope {
  after(work: () => Promise<void>): void
}

/** An empty folder of the caller's own (mode 0700), removed with all that is in it when the scope ends. */
export async function makeScratch(scope: Scope): Promise<string> {
  const folder = await mkdtemp(join(ofRun('folder'), 'scratch-'))
  scope.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  return folder
}
