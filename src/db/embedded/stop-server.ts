import { readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { codeOf, type Folder } from './folder.ts'
import { ourselves, run } from './identity.ts'
import { isAlive } from './postmaster-file.ts'

/**
 * Stops the server with that process number and waits until it is gone: first with a fast shutdown, which ends sessions
 * and writes everything down; after 20 s with an immediate one, which the next start recovers from. False: it still
 * lives. Ask only for a number that has just been seen to be the server's.
 */
export async function stopServer(folder: Folder, pid: number): Promise<boolean> {
  if (await signalAndWait(folder, pid, 'SIGINT', 20_000)) return true
  return signalAndWait(folder, pid, 'SIGQUIT', 5_000)
}

type Ending = 'SIGINT' | 'SIGQUIT'

async function signalAndWait(
  folder: Folder,
  pid: number,
  signal: Ending,
  patienceMs: number,
): Promise<boolean> {
  if (process.platform === 'win32') await stopOnWindows(folder, signal)
  else sendSignal(pid, signal)
  const began = performance.now()
  while (performance.now() - began < patienceMs) {
    if (await isGone(pid)) return true
    await delay(5)
  }
  return false
}

/** It may have gone by itself in the meantime, which is what we want. */
function sendSignal(pid: number, signal: Ending): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Windows has no signals; pg_ctl speaks to the server's own pipe. */
async function stopOnWindows(folder: Folder, signal: Ending): Promise<void> {
  const mode = signal === 'SIGINT' ? 'fast' : 'immediate'
  const { pgCtl } = await findBinaries()
  await run(ourselves(), pgCtl, ['stop', '-D', folder.cluster, '-m', mode, '-W'])
}

/** A dead process that nobody has reaped, as in a container without an init, still has its number but no folder. */
async function isGone(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true
  if (process.platform !== 'linux') return false
  return readlink(`/proc/${pid}/cwd`).then(
    () => false,
    (error) => codeOf(error) === 'ENOENT',
  )
}
