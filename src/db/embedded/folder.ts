import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { CannotStart } from '../../errors.ts'

/** Where one embedded server keeps what is its own; every path is absolute. */
export interface Folder {
  dataDir: string
  /** PostgreSQL's own data folder. It appears whole, by one rename, or not at all. */
  cluster: string
  /** The password of both roles, hex, mode 0600; inside the cluster, so that neither is ever without the other. */
  secret: string
  log: string
}

/** Makes `dataDir` if it is missing. Throws CannotStart, naming the path, where nothing can be kept in it. */
export async function openFolder(dataDir: string): Promise<Folder> {
  const absolute = resolve(dataDir)
  const cluster = join(absolute, 'postgres')
  try {
    await mkdir(absolute, { recursive: true, mode: 0o700 })
    await access(absolute, constants.R_OK | constants.W_OK | constants.X_OK)
    await refuseStranger(cluster)
  } catch (error) {
    throw explain(error, absolute)
  }
  return {
    dataDir: absolute,
    cluster,
    secret: join(cluster, 'newsstand.secret'),
    log: join(absolute, 'postgres.log'),
  }
}

/** PostgreSQL runs only as the owner of its folder, and only root can make another the owner. */
async function refuseStranger(cluster: string): Promise<void> {
  const me = process.getuid?.()
  if (!me) return
  const owner = await stat(cluster).then((entry) => entry.uid, ifMissing(null))
  if (owner === null || owner === me) return
  throw new CannotStart(
    `${cluster} belongs to user ${owner}, and you are ${userName()}: start as that user, or hand the folder over with chown -R.`,
  )
}

/** A handler for `catch` that turns "no such file" into `value` and throws every other error. */
export function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value
    throw error
  }
}

/** The system's name of an error (`EACCES`), or PostgreSQL's SQLSTATE; null where it has none. */
export function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}

/** What a person can do about an error from the file system at `path`; an error that is not from there comes back as it is. */
export function explain(error: unknown, path: string): unknown {
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new CannotStart(
        `The data folder ${path} is a file, or lies below one: move it away, or set DATA_DIR to another folder.`,
      )
    case 'EACCES':
    case 'EPERM':
      return new CannotStart(
        `The data folder ${path} cannot be written by ${userName()}: give it to that user, or set DATA_DIR to another folder.`,
      )
    case 'EROFS':
      return new CannotStart(
        `The data folder ${path} is on a read-only file system: set DATA_DIR to a folder that can be written.`,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new CannotStart(
        `There is no space left for the data folder ${path}: free some, or set DATA_DIR elsewhere.`,
      )
    default:
      return error
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.()}`
  }
}
