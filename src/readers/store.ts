import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Session, StaffRole } from './reader.ts'

/**
 * Lets one transaction at a time deal with an address: codes, proofs and new readers. Held until the transaction ends.
 * Taken before any reader's row is locked.
 */
export async function lockAddress(tx: Transaction, email: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`reader ${email}`}, 0))`.execute(tx)
}

/** The reader with this address; null when nobody has it. */
export async function findReader(
  db: Transaction,
  email: string,
): Promise<{ id: string; proved: boolean } | null> {
  const row = await db
    .selectFrom('readers')
    .select(['id', 'proved'])
    .where('email', '=', email)
    .executeTakeFirst()
  return row ?? null
}

/** Keeps the address and proof of the reader with this address, if there is one, until the transaction ends. */
export async function lockReaderByEmail(tx: Transaction, email: string): Promise<void> {
  await tx.selectFrom('readers').select('id').where('email', '=', email).forNoKeyUpdate().execute()
}

/** Whether the reader's address is proved, which stays so until the transaction ends; null when there is no such reader. */
export async function lockReader(tx: Transaction, id: string): Promise<boolean | null> {
  const row = await tx
    .selectFrom('readers')
    .select('proved')
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row?.proved ?? null
}

/** Makes a reader who has proved nothing yet. Returns the id; null when the address has a reader already. */
export async function insertReader(tx: Transaction, email: string, at: Date): Promise<string | null> {
  const row = await tx
    .insertInto('readers')
    .values({ email, name: '', proved: false, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id ?? null
}

/** null: there is no such reader. */
export async function findEmail(db: Transaction, id: string): Promise<string | null> {
  const row = await db.selectFrom('readers').select('email').where('id', '=', id).executeTakeFirst()
  return row?.email ?? null
}

/** Gives an unproved reader another address. The address must be free. */
export async function updateEmail(tx: Transaction, id: string, email: string, at: Date): Promise<void> {
  await tx.updateTable('readers').set({ email, updated_at: at }).where('id', '=', id).execute()
}

/** How `findSession` asks: `pool.query` keeps the named statement prepared, another way may leave the name out. */
export type AskForSession = (query: {
  name: string
  text: string
  values: [string, Date]
}) => Promise<{ rows: SessionRow[] }>

export interface SessionRow {
  id: string
  reader_id: string
  proved: boolean
  updated_at: Date
  email: string
  role: StaffRole | null
}

/**
 * What `token` opens at `now`, real time, and when it was last lengthened; null when it opens nothing. Asked at every
 * page of a reader, so it is a statement that PostgreSQL has prepared: a quarter of the time that Kysely's takes
 * (measured 2026-11-22).
 */
export async function findSession(
  ask: AskForSession,
  token: string,
  now: Date,
): Promise<(Session & { lengthenedAt: Date }) | null> {
  const { rows } = await ask({ name: 'find-session', text: sessionQuery, values: [token, now] })
  const [row] = rows
  if (!row) return null
  return {
    sessionId: row.id,
    readerId: row.reader_id,
    email: row.email,
    proved: row.proved,
    staffRole: row.proved ? row.role : null,
    lengthenedAt: row.updated_at,
  }
}

const sessionQuery = `
  SELECT sessions.id, sessions.reader_id, sessions.proved, sessions.updated_at, readers.email, staff.role
  FROM sessions
  JOIN readers ON readers.id = sessions.reader_id
  LEFT JOIN staff ON staff.reader_id = sessions.reader_id
  WHERE sessions.token = $1 AND sessions.expires_at > $2`

export async function deleteSession(db: Transaction, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}

/** Ends a reader's sessions, `except` one where it is given. Returns how many ended. */
export async function deleteSessionsOf(
  tx: Transaction,
  readerId: string,
  except: string | null,
): Promise<number> {
  let query = tx.deleteFrom('sessions').where('reader_id', '=', readerId)
  if (except) query = query.where('id', '<>', except)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

/** null for who is no member of staff. */
export async function findStaffRole(db: Transaction, readerId: string): Promise<StaffRole | null> {
  const row = await db.selectFrom('staff').select('role').where('reader_id', '=', readerId).executeTakeFirst()
  return row?.role ?? null
}

/** Makes a reader a member of staff with `role`, or gives them that role. */
export async function setStaffRole(
  tx: Transaction,
  readerId: string,
  role: StaffRole,
  since: Date,
): Promise<void> {
  await tx
    .insertInto('staff')
    .values({ reader_id: readerId, role, since })
    .onConflict((conflict) => conflict.column('reader_id').doUpdateSet({ role }))
    .execute()
}

/** Removes sessions that ended and codes that ran out before `before`, real time. */
export async function deleteExpired(db: Transaction, before: Date): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<', before).execute()
  await db.deleteFrom('sign_in_codes').where('expires_at', '<', before).execute()
}
