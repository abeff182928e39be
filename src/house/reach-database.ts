import { openPool } from '../db/database.ts'
import { CannotStart } from '../errors.ts'

/** Resolves when a database answers at `url`. Throws CannotStart that says why not, without the address's password. */
export async function reachDatabase(url: string): Promise<void> {
  const pool = openPool(url, { max: 1 })
  try {
    await pool.query('SELECT 1')
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(error) : String(error)
    throw new CannotStart(
      `The database cannot be reached (${reason}): check DATABASE_URL, or unset it for the embedded one.`,
    )
  } finally {
    await pool.end()
  }
}
