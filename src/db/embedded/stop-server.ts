import { setTimeout as delay } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { codeOf, type Folder } from './folder.ts'
import { ourselves, run } from './identity.ts'
import { findPostmaster } from './postmaster-file.ts'

/**
 * Stops the server on the cluster and waits until it is gone: first with a fast shutdown, which ends sessions and
 * writes everything down; after 20 s with an immediate one, which the next start recovers from. False: it still lives.
 */
export async function stopServer(folder: Folder): Promise<boolean> {
  if (await signalAndWait(folder, 'SIGINT', 20_000)) return true
  return signalAndWait(folder, 'SIGQUIT', 5_000)
}

async function signalAndWait(
  folder: Folder,
  signal: 'SIGINT' | 'SIGQUIT',
  patienceMs: number,
): Promise<boolean> {
  const server = await findPostmaster(folder)
  if (!server) return true
  if (process.platform === 'win32') await stopOnWindows(folder, signal)
  else sendSignal(server.pid, signal)
  const began = performance.now()
  while (performance.now() - began < patienceMs) {
    if ((await findPostmaster(folder))?.pid !== server.pid) return true
    await delay(5)
  }
  return false
}

/** It may have gone by itself in the meantime, which is what we want. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Windows has no signals; pg_ctl speaks to the server's own pipe. */
async function stopOnWindows(folder: Folder, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  const mode = signal === 'SIGINT' ? 'fast' : 'immediate'
  const { pgCtl } = await findBinaries()
  await run(ourselves(), pgCtl, ['stop', '-D', folder.cluster, '-m', mode, '-W'])
}
