import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotStart } from '../errors.ts'
import type { Settings } from '../settings.ts'

/** The setting, or the secret that was generated into the data folder at the first start. Throws CannotStart. */
export async function openAuthSecret({ authSecret, dataDir }: Settings): Promise<string> {
  if (authSecret) return authSecret
  const path = join(dataDir, 'auth-secret')
  try {
    await mkdir(dataDir, { recursive: true })
    // Fails where another process was first; then its secret counts.
    await writeFile(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch(ifThere)
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new CannotStart(
      `The secret in ${path} cannot be kept (${String(error)}): make DATA_DIR writable, or set AUTH_SECRET.`,
    )
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
