import { rmSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolder } from '../../src/db/embedded/folder.ts'
import { findPostmaster, isAlive } from '../../src/db/embedded/postmaster-file.ts'
import { stopServer } from '../../src/db/embedded/stop-server.ts'

/** Folders of runs are called this and the runner's process number, so that those of dead runs can be told. */
const prefix = 'newsstand-test-'
/** A disk in memory. Cloning a database there takes 25 ms; on one busy ext4 it took 430 ms, all in making 400 files. */
const memory = '/dev/shm'
const roomyBytes = 1024 ** 3

/** A folder for this run alone. Tests that become another user can pass through it to their own. */
export async function makeRunFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-`))
  // An embedded server whose folder is gone ends by itself within a minute, should we die without a teardown.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await chmod(folder, 0o711)
  return folder
}

/** Where data is quickest: in memory where the machine offers a gigabyte, else where temporary files go. Programs may be barred from running there. */
export async function fastestParent(): Promise<string> {
  const space = await statfs(memory).catch(() => null)
  return space && space.bavail * space.bsize >= roomyBytes ? memory : tmpdir()
}

/** Stops the servers and removes the folders of runs that were killed before they could. Those of other users stay. */
export async function removeDeadRuns(): Promise<void> {
  for (const parent of new Set([tmpdir(), await fastestParent()])) {
    for (const name of await readdir(parent)) {
      const pid = Number.parseInt(name.slice(prefix.length), 10)
      if (name.startsWith(prefix) && !isAlive(pid)) await removeRun(join(parent, name)).catch(() => {})
    }
  }
}

async function removeRun(folder: string): Promise<void> {
  const data = await openFolder(join(folder, 'data'))
  const server = await findPostmaster(data)
  if (server) await stopServer(data, server.pid)
  await rm(folder, { recursive: true, force: true })
}
