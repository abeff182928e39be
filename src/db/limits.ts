import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Transaction } from './database.ts'

export interface Limit {
  /** Uses allowed in one window. */
  limit: number
  /** A window begins with the first use after the last one ended. */
  windowSeconds: number
  /** Real time. */
  now: Date
}

export type Taken = { allowed: true } | { allowed: false; retryAfterSeconds: number }

/**
 * Counts one use of `key` and says whether it was within the limit: one statement, so that uses at the same moment in
 * many processes are counted one by one. The key is kept as a hash, since it may name an address or a network. Given a
 * transaction, the use is forgotten if that is rolled back, and others with the key wait for it: give the database.
 */
export async function takeFromLimit(db: Transaction, key: string, limit: Limit): Promise<Taken> {
  const endsAt = new Date(limit.now.getTime() + limit.windowSeconds * 1000)
  const { rows } = await sql<{ uses: number; ends_at: Date }>`
    INSERT INTO limits AS known (key, uses, ends_at) VALUES (${hash(key)}, 1, ${endsAt})
    ON CONFLICT (key) DO UPDATE SET
      uses = CASE WHEN known.ends_at <= ${limit.now} THEN 1 ELSE least(known.uses, ${limit.limit}) + 1 END,
      ends_at = CASE WHEN known.ends_at <= ${limit.now} THEN excluded.ends_at ELSE known.ends_at END
    RETURNING uses, ends_at`.execute(db)
  const [row] = rows
  if (!row || row.uses <= limit.limit) return { allowed: true }
  const retryAfterSeconds = Math.max(1, Math.ceil((row.ends_at.getTime() - limit.now.getTime()) / 1000))
  return { allowed: false, retryAfterSeconds }
}

/** Takes from several limits, in this order, until one refuses. */
export async function takeFromLimits(
  db: Transaction,
  limits: readonly (Limit & { key: string })[],
): Promise<Taken> {
  for (const { key, ...limit } of limits) {
    const taken = await takeFromLimit(db, key, limit)
    if (!taken.allowed) return taken
  }
  return { allowed: true }
}

/** Forgets the uses of `key`, as after a success that shows who it was. */
export async function resetLimit(db: Transaction, key: string): Promise<void> {
  await db.deleteFrom('limits').where('key', '=', hash(key)).execute()
}

/** Removes windows that have ended. `now` is real time. Returns how many there were. */
export async function sweepLimits(db: Transaction, now: Date): Promise<number> {
  const result = await db.deleteFrom('limits').where('ends_at', '<=', now).executeTakeFirst()
  return Number(result.numDeletedRows)
}

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
