import { chown, lchown, open, readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { CannotStart } from '../../errors.ts'
import { explain, type Folder } from './folder.ts'
import { type Identity, start } from './identity.ts'
import { keepLogSmall } from './log-file.ts'
import type { Making } from './make-cluster.ts'
import { type Limits, serverSettings } from './server-settings.ts'

/** A server that we started. It lives in a session of its own: Ctrl-C in our terminal does not reach it. */
export interface Launch {
  pid: number
  /** null while it lives; else what its log says since the launch, or nothing if it was stopped in good order. */
  ended(): Promise<string> | null
}

/** Starts a server on the cluster; it is not ready yet. `port` null: a free one. Throws CannotStart for another major version. */
export async function launch(
  making: Making,
  version: string,
  limits: Limits,
  port: number | null,
): Promise<Launch> {
  const { folder, identity, binaries } = making
  await refuseOtherMajor(folder, version)
  await own(folder, identity)
  const log = await openLog(folder, identity)
  try {
    const { size } = await log.stat()
    const args = [
      '-D',
      folder.cluster,
      ...serverSettings(port ?? (await findFreePort()), making.durable, limits),
    ]
    const child = start(identity, binaries.postgres, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    child.unref()
    let trouble: string | null = null
    child.once('error', (error) => {
      trouble = error.message
    })
    child.once('exit', (code, signal) => {
      trouble ??= code === 0 ? '' : `it ended with ${signal ?? code}`
    })
    return {
      pid: child.pid ?? 0,
      ended: () => (trouble === null ? null : readSince(folder.log, size, trouble)),
    }
  } finally {
    await log.close()
  }
}

async function refuseOtherMajor(folder: Folder, version: string): Promise<void> {
  const theirs = (await readFile(join(folder.cluster, 'PG_VERSION'), 'utf8')).trim()
  const ours = /\d+/.exec(version)?.[0]
  if (theirs === ours) return
  throw new CannotStart(
    `${folder.cluster} was made by PostgreSQL ${theirs}, and the embedded one is ${ours}: move the folder away to begin anew, or run PostgreSQL ${theirs} on it and set DATABASE_URL.`,
  )
}

/** Hands the cluster to the identity's user; the folder itself last, so that an interrupted round is begun again. */
async function own(folder: Folder, identity: Identity): Promise<void> {
  const { uid, gid } = identity.owner
  if (uid === -1 || (await stat(folder.cluster)).uid === uid) return
  const below = await readdir(folder.cluster, { recursive: true })
  for (const path of below) await lchown(join(folder.cluster, path), uid, gid)
  await chown(folder.cluster, uid, gid)
}

async function openLog(folder: Folder, identity: Identity) {
  try {
    await keepLogSmall(folder.log)
    const log = await open(folder.log, 'a', 0o600)
    if (identity.become) await log.chown(identity.owner.uid, identity.owner.gid)
    return log
  } catch (error) {
    throw explain(error, folder.dataDir)
  }
}

/** PostgreSQL cannot choose a port itself. Another program may take this one first: the caller then tries again. */
async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

async function readSince(path: string, offset: number, trouble: string): Promise<string> {
  if (trouble === '') return ''
  const text = await readFile(path).catch(() => Buffer.alloc(0))
  return text.subarray(offset).toString('utf8').trim() || trouble
}
