import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { chmod, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { CannotStart } from '../../errors.ts'
import type { Folder } from './folder.ts'

/** As whom the binaries run: PostgreSQL refuses to be root. */
export interface Identity {
  /** What the command line begins with; empty where the binary is called as it is. */
  wrapper: readonly string[]
  /** The user to become before the call; null: remain who we are. */
  become: { uid: number; gid: number } | null
  /** Who owns the files that it makes, as the file system outside any namespace sees it; -1 on Windows. */
  owner: { uid: number; gid: number }
}

/** Appears as nobody (65534) inside a user namespace of its own, while its files are still the caller's. */
const unshared = ['unshare', '--user', '--map-user=65534', '--map-group=65534'] as const

/**
 * Chooses the first identity under which the binary runs and reaches the data folder, by trying them. As root: the
 * owner of the data folder, a user namespace, the users postgres and nobody. Throws CannotStart when none does.
 */
export async function chooseIdentity(
  folder: Folder,
  postgres: string,
): Promise<{ identity: Identity; version: string }> {
  let complaint = ''
  for (const identity of await listIdentities(folder)) {
    const tried = await tryIdentity(identity, folder, postgres)
    if (tried.ok) return { identity, version: tried.output }
    complaint ||= tried.output
  }
  throw new CannotStart(describeRefusal(folder, complaint))
}

/** The user who runs this process, as is. */
export function ourselves(): Identity {
  const owner = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
  return { wrapper: [], become: null, owner }
}

async function listIdentities(folder: Folder): Promise<Identity[]> {
  const plain = ourselves()
  const namespaced: Identity = { ...plain, wrapper: unshared }
  // initdb asks for the user's name, which an arbitrary number given to a container does not have.
  if (plain.owner.uid !== 0) return hasName() ? [plain] : [namespaced, plain]
  const { uid, gid } = await stat(folder.dataDir)
  const others = [...(uid === 0 ? [] : [{ uid, gid }]), ...(await findUsers(['postgres', 'nobody']))]
  const becoming = others.map((user): Identity => ({ wrapper: [], become: user, owner: user }))
  return uid === 0 ? [namespaced, ...becoming] : [...becoming.slice(0, 1), namespaced, ...becoming.slice(1)]
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

async function findUsers(names: string[]): Promise<{ uid: number; gid: number }[]> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':'))
  return names.flatMap((name) =>
    lines
      .filter((fields) => fields[0] === name && Number(fields[2]) > 0)
      .map((fields) => ({ uid: Number(fields[2]), gid: Number(fields[3]) })),
  )
}

async function tryIdentity(identity: Identity, folder: Folder, postgres: string) {
  if (process.platform === 'win32') return run(identity, postgres, ['--version'])
  if (identity.become) await letThrough(folder.dataDir, identity.become.uid)
  const script = 'cd "$1" && exec "$2" --version'
  try {
    return await run(identity, '/bin/sh', ['-c', script, 'sh', folder.dataDir, postgres])
  } catch (error) {
    // Node throws at once when the system refuses the change of user, as it does for root of a small namespace.
    return { ok: false, output: String(error) }
  }
}

/** Another user must be able to pass through the data folder to reach the cluster in it, which stays closed. */
async function letThrough(dataDir: string, uid: number): Promise<void> {
  const { mode, uid: owner } = await stat(dataDir)
  if (owner !== uid && (mode & 0o011) !== 0o011) await chmod(dataDir, (mode & 0o777) | 0o011)
}

function describeRefusal(folder: Folder, complaint: string): string {
  const said = complaint.split('\n').find((line) => line.trim()) ?? 'no word why'
  if (process.getuid?.() === 0) {
    return `PostgreSQL does not run as root, user namespaces are refused, and no other user reaches ${folder.dataDir} (${said}): start as an ordinary user, set DATA_DIR to a folder that the user postgres can enter, or set DATABASE_URL.`
  }
  return `The embedded PostgreSQL does not run here (${said}): run npm ci again with install scripts allowed, or set DATABASE_URL to a PostgreSQL of your own.`
}

/** Runs a program to its end. `output` is its standard output, or after a failure what it said on standard error. */
export function run(
  identity: Identity,
  program: string,
  args: readonly string[],
): Promise<{ ok: boolean; output: string }> {
  const { command, rest, options } = prepare(identity, program, args)
  return new Promise((resolve) => {
    execFile(command, rest, options, (error, stdout, stderr) => {
      if (error) resolve({ ok: false, output: stderr.trim() || error.message })
      else resolve({ ok: true, output: stdout.trim() })
    })
  })
}

/** Starts a program and returns at once; one that cannot be started says so by its `error` event. */
export function start(
  identity: Identity,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const prepared = prepare(identity, program, args)
  return spawn(prepared.command, prepared.rest, { ...options, ...prepared.options, windowsHide: true })
}

function prepare(identity: Identity, program: string, args: readonly string[]) {
  const [command = program, ...rest] = [...identity.wrapper, program, ...args]
  return { command, rest, options: { ...surroundings, ...identity.become, encoding: 'utf8' as const } }
}

/**
 * The working directory may be one that the other user cannot enter. The variables of our own process stay here: PG*
 * would change what the server does, LC_* the language of its messages, and the rest is none of its business.
 */
const surroundings =
  process.platform === 'win32'
    ? {}
    : {
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      }
