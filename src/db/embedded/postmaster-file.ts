import { readFile, readlink, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, type Folder, ifMissing } from './folder.ts'
import { ourselves, run } from './identity.ts'

/** A server that lives on our data folder, by its own word in `postmaster.pid`. */
export interface Postmaster {
  pid: number
  port: number
  state: 'starting' | 'ready' | 'stopping'
}

/** An empty file is one that is being written; one that stays so is what a power cut left. */
const emptyForMs = 3_000

/**
 * Reads who serves the cluster; null when nobody does. A file that a dead server left is PostgreSQL's to replace; one
 * whose number has gone to another program, or that was copied with the folder, is removed, since it would bar every start.
 */
export async function findPostmaster(folder: Folder): Promise<Postmaster | null> {
  const path = join(folder.cluster, 'postmaster.pid')
  const text = await readFile(path, 'utf8').catch(ifMissing(null))
  if (text === null) return null
  if (text.trim() === '') return await judgeEmptyFile(path)
  const postmaster = parse(text)
  if (!isOurs(postmaster.pid)) return null
  if (await holds(postmaster.pid, folder.cluster)) return postmaster
  if ((await readFile(path, 'utf8').catch(ifMissing(null))) === text) await rm(path, { force: true })
  return null
}

/** Lines of the file: 1 process, 2 folder, 3 start, 4 port, 8 state (src/include/utils/pidfile.h of PostgreSQL 18). */
function parse(text: string): Postmaster {
  const lines = text.split('\n').map((line) => line.trim())
  const word = lines[7]
  const state = word === 'ready' || word === 'stopping' ? word : 'starting'
  return { pid: Number(lines[0]), port: Number(lines[3]), state }
}

async function judgeEmptyFile(path: string): Promise<Postmaster | null> {
  const writtenMs = await stat(path).then((entry) => entry.mtimeMs, ifMissing(null))
  if (writtenMs === null) return null
  if (Date.now() - writtenMs < emptyForMs) return { pid: 0, port: 0, state: 'starting' }
  await rm(path, { force: true })
  return null
}

/** Whether a process of that number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** A process that we may not signal is another user's, and PostgreSQL too takes its file for a dead one's. */
function isOurs(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Whether that living process is a server on this cluster: its working directory is the cluster. False for a zombie. */
async function holds(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const folder = await readlink(`/proc/${pid}/cwd`).catch((error) => codeOf(error))
    return folder === (await realpath(cluster)) || folder === 'EACCES' || folder === 'EPERM'
  }
  if (process.platform === 'win32') return true
  const { output } = await run(ourselves(), 'ps', ['-o', 'command=', '-p', String(pid)])
  return output.includes('postgres')
}
