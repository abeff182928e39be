import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CannotStart } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import { codeOf, explain, type Folder, ifMissing } from './folder.ts'
import { type Identity, run } from './identity.ts'
import { isAlive } from './postmaster-file.ts'

/** The role that starts, watches and stops the server; it may do anything in it. */
export const supervisor = 'supervisor'

/** Attempts are named after the process that makes them, so that those of dead ones can be told and removed. */
const attemptPrefix = 'postgres.making-'
/** However slow the machine, an attempt this old is nobody's: its process number may have come back as another's. */
const abandonedAfterMs = 60_000
/** The attempts of this very process: after a crash in a container, its number is the dead one's too. */
const ours = new Set<string>()

/** What initdb and the server need to know beside the folder. */
export interface Making {
  folder: Folder
  binaries: Binaries
  identity: Identity
  /** false: skip what only protects against a power cut. */
  durable: boolean
}

/** Whether the folder has a cluster. Throws CannotStart where something else lies in its place. */
export async function hasCluster(folder: Folder): Promise<boolean> {
  if (await exists(join(folder.cluster, 'PG_VERSION'))) return true
  const entries = await readdir(folder.cluster).catch(ifMissing([]))
  if (entries.length === 0) return false
  throw new CannotStart(
    `${folder.cluster} is not a PostgreSQL data folder, but it is not empty either: move it away and start again.`,
  )
}

/**
 * Makes the cluster beside its place and renames it there when it is whole, so that a death in between leaves nothing
 * that looks like a cluster. The rename decides among several at once; the waiting only saves the others the work.
 */
export async function makeCluster(making: Making): Promise<void> {
  const { folder } = making
  const attempt = await beginAttempt(folder)
  try {
    if (await isFirst(folder, attempt)) await fillAttempt(making, attempt)
  } finally {
    await removeFolder(attempt)
    ours.delete(attempt)
  }
  while (!(await hasCluster(folder)) && (await listAttempts(folder)).length > 0) await delay(20)
}

async function beginAttempt(folder: Folder): Promise<string> {
  try {
    const attempt = await mkdtemp(join(folder.dataDir, `${attemptPrefix}${process.pid}-`))
    ours.add(attempt)
    return attempt
  } catch (error) {
    throw explain(error, folder.dataDir)
  }
}

async function isFirst(folder: Folder, attempt: string): Promise<boolean> {
  const living = await listAttempts(folder)
  return !(await hasCluster(folder)) && living[0] === attempt
}

/** The attempts that are under way, the oldest first; those that nobody goes on with are removed. */
async function listAttempts(folder: Folder): Promise<string[]> {
  const names = (await readdir(folder.dataDir)).filter((name) => name.startsWith(attemptPrefix))
  const attempts = await Promise.all(
    names.map(async (name) => {
      const path = join(folder.dataDir, name)
      return { path, changedMs: await stat(path).then((entry) => entry.mtimeMs, ifMissing(null)) }
    }),
  )
  const living: { path: string; changedMs: number }[] = []
  for (const { path, changedMs } of attempts) {
    if (changedMs === null) continue
    if (isUnderWay(path, changedMs)) living.push({ path, changedMs })
    else await removeFolder(path)
  }
  return living
    .sort((a, b) => a.changedMs - b.changedMs || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path)
}

function isUnderWay(attempt: string, changedMs: number): boolean {
  const pid = Number.parseInt(basename(attempt).slice(attemptPrefix.length), 10)
  if (pid === process.pid) return ours.has(attempt)
  return isAlive(pid) && Date.now() - changedMs < abandonedAfterMs
}

async function fillAttempt(making: Making, attempt: string): Promise<void> {
  const { folder, identity } = making
  const cluster = join(attempt, 'cluster')
  const passwordFile = join(attempt, 'password')
  const password = randomBytes(24).toString('hex')
  try {
    await mkdir(cluster, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (identity.become) await openTo(identity, attempt, [cluster, passwordFile])
    await initialise(making, cluster, passwordFile)
    await rename(passwordFile, join(cluster, basename(folder.secret)))
    await syncFolder(cluster)
    await moveIntoPlace(cluster, folder)
  } catch (error) {
    if (!(await hasCluster(folder))) throw explain(error, folder.dataDir)
  }
}

async function openTo(identity: Identity, attempt: string, paths: string[]): Promise<void> {
  await chmod(attempt, 0o711)
  for (const path of paths) await chown(path, identity.owner.uid, identity.owner.gid)
}

/** UTF-8 with PostgreSQL's own C.UTF-8: the same order and case rules on every platform, and no locale to install. */
async function initialise(making: Making, cluster: string, passwordFile: string): Promise<void> {
  const args = ['-D', cluster, `--username=${supervisor}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  args.push('--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  // In files of the cluster, which go with it, and not in /dev/shm, which a killed initdb fills and containers keep small.
  if (process.platform !== 'win32') args.push('--set=dynamic_shared_memory_type=mmap')
  args.push('--no-instructions', ...(making.durable ? [] : ['--no-sync']))
  const { ok, output } = await run(making.identity, making.binaries.initdb, args)
  if (ok) return
  const reason = output.split('\n').find((line) => /error|fatal|could not/i.test(line)) ?? output
  throw new CannotStart(
    `PostgreSQL could not make its data folder in ${making.folder.dataDir} (${reason.trim()}): mend that, set DATA_DIR to another folder, or set DATABASE_URL.`,
  )
}

/** A folder that is not empty cannot be renamed over: then another process was first, and its cluster is as good. */
async function moveIntoPlace(cluster: string, folder: Folder): Promise<void> {
  try {
    await rename(cluster, folder.cluster)
    await syncFolder(folder.dataDir)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '') || !(await hasCluster(folder)))
      throw error
  }
}

/** After this a rename survives a power cut. Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

/** What cannot be removed now, because an orphaned initdb still writes there, goes at a later start. */
async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 }).catch(() => {})
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, ifMissing(false))
}
