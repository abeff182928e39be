import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ofRun } from './run.ts'

/** Whatever calls back when it is over: a test's context, say. */
export interface Scope {
  after(work: () => Promise<void>): void
}

/** An empty folder (mode 0700), removed with all that is in it when the scope ends, or without one when the process does. */
export async function makeScratch(scope?: Scope): Promise<string> {
  const folder = await mkdtemp(join(ofRun('folder'), 'scratch-'))
  if (scope) scope.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  else process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
