import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import { type DriftKind, type FoundDrift, toDrift } from '../orders/drift.ts'

/** Takes an open difference for one try (real time). Returns false where it is closed, or somebody is at it. */
export async function claimDrift(
  db: Transaction,
  id: string,
  times: { now: Date; until: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('drift')
    .set({ mending_until: times.until })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .where((where) => where.or([where('mending_until', 'is', null), where('mending_until', '<=', times.now)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The try failed, and why, in words for staff. */
export async function releaseDrift(db: Transaction, id: string, lastError: string): Promise<void> {
  await db
    .updateTable('drift')
    .set({ mending_until: null, last_error: lastError })
    .where('id', '=', id)
    .execute()
}

/** Says of a closed difference who ended it, and how. */
export async function creditDrift(
  tx: Transaction,
  id: string,
  { by, how }: { by: string; how: string },
): Promise<void> {
  await tx.updateTable('drift').set({ closed_by: by, closed_how: how }).where('id', '=', id).execute()
}

/** The one that is open, by what names it; null: none is. */
export async function findOpenDrift(
  db: Transaction,
  { kind, subject }: Pick<FoundDrift, 'kind' | 'subject'>,
): Promise<FoundDrift | null> {
  const row = await db
    .selectFrom('drift')
    .selectAll()
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return row ? toDrift(row) : null
}

export interface DriftFilters {
  /** null: of every kind. */
  kind: DriftKind | null
  /** null: open and closed. */
  isOpen: boolean | null
}

/** A place in the list of those that are open, or closed, newest first: pages go on below it. */
export interface DriftPlace {
  at: Date
  id: string
}

/** The newest that pass the filters. */
export async function findDrifts(
  db: Transaction,
  { kind, isOpen }: DriftFilters,
  page: { after: DriftPlace | null; limit: number },
): Promise<FoundDrift[]> {
  let query = db
    .selectFrom('drift')
    .selectAll()
    .orderBy('found_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (kind) query = query.where('kind', '=', kind)
  if (isOpen !== null) query = query.where('closed_at', isOpen ? 'is' : 'is not', null)
  if (page.after) query = query.where(sql<boolean>`(found_at, id) < (${page.after.at}, ${page.after.id})`)
  return (await query.execute()).map(toDrift)
}

/** How many are open. */
export async function countOpenDrift(db: Transaction): Promise<number> {
  const { count } = await db
    .selectFrom('drift')
    .select((builder) => builder.fn.countAll<number>().as('count'))
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return count
}
