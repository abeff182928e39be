import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { EventTables } from '../db/tables/events.ts'
import type { Drift, DriftKind } from '../orders/drift.ts'
import { type Comparison, type Stage, stages } from './comparison.ts'

/** What may be a difference, until it is looked at again. */
export type Suspect = Pick<Drift, 'kind' | 'subject'>

/** Begins a comparison, unless one is under way. Returns whether it did. */
export async function insertComparison(
  tx: Transaction,
  comparison: { askedBy: string | null; startedAt: Date; asOf: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('comparisons')
    .values({
      id: randomUUID(),
      asked_by: comparison.askedBy,
      started_at: comparison.startedAt,
      as_of: comparison.asOf,
      stage: stages[0] ?? '',
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The one that is under way, for this process alone until `times.until` (both real time). null: none, or another's. */
export async function claimComparison(
  db: Transaction,
  claim: string,
  times: { now: Date; until: Date },
): Promise<Comparison | null> {
  const row = await db
    .updateTable('comparisons')
    .set({ claim, claimed_until: times.until })
    .where('finished_at', 'is', null)
    .where((where) => where.or([where('claimed_until', 'is', null), where('claimed_until', '<=', times.now)]))
    .returningAll()
    .executeTakeFirst()
  return row ? toComparison(row) : null
}

/** Moves a comparison on and keeps it; false: another process has it by now, and what else `tx` wrote must not stay. */
export async function moveComparison(
  tx: Transaction,
  { id, claim, until }: { id: string; claim: string; until: Date },
  to: { stage: Stage; place: string | null; looked: number; found: number; closed: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('comparisons')
    .set((set) => ({
      stage: to.stage,
      place: to.place,
      looked_at: set('looked_at', '+', to.looked),
      found: set('found', '+', to.found),
      closed: set('closed', '+', to.closed),
      claimed_until: until,
      last_error: null,
    }))
    .where('id', '=', id)
    .where('claim', '=', claim)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Lets go of a comparison that stopped, so that the next try can go on at once. */
export async function releaseComparison(
  db: Transaction,
  { id, claim }: { id: string; claim: string },
  lastError: string,
): Promise<void> {
  await db
    .updateTable('comparisons')
    .set({ claim: null, claimed_until: null, last_error: lastError })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .execute()
}

/** Its notes of what it met are needed no more. */
export async function finishComparison(tx: Transaction, id: string, finishedAt: Date): Promise<void> {
  await tx.deleteFrom('comparison_seen').where('comparison_id', '=', id).execute()
  await tx
    .updateTable('comparisons')
    .set({ finished_at: finishedAt, claim: null, claimed_until: null })
    .where('id', '=', id)
    .execute()
}

/** The latest first. */
export async function listComparisons(db: Transaction, limit: number): Promise<Comparison[]> {
  const rows = await db
    .selectFrom('comparisons')
    .selectAll()
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toComparison)
}

export async function insertSeen(tx: Transaction, comparisonId: string, stripeIds: string[]): Promise<void> {
  await sql`
    INSERT INTO comparison_seen (comparison_id, stripe_id)
    SELECT ${comparisonId}::uuid, unnest(${stripeIds}::text[]) ON CONFLICT DO NOTHING`.execute(tx)
}

/** Of these ids of Stripe's, those that this comparison has met there. */
export async function listSeen(
  db: Transaction,
  comparisonId: string,
  stripeIds: string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT stripe_id AS id FROM comparison_seen
    WHERE comparison_id = ${comparisonId} AND stripe_id = ANY(${stripeIds}::text[])`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

export async function insertSuspects(
  tx: Transaction,
  comparisonId: string,
  kind: DriftKind,
  subjects: string[],
): Promise<void> {
  await sql`
    INSERT INTO comparison_suspects (comparison_id, kind, subject)
    SELECT ${comparisonId}::uuid, ${kind}, unnest(${subjects}::text[]) ON CONFLICT DO NOTHING`.execute(tx)
}

/** Every open difference is a suspect too: it may have gone. */
export async function suspectWhatIsOpen(tx: Transaction, comparisonId: string): Promise<void> {
  await sql`
    INSERT INTO comparison_suspects (comparison_id, kind, subject)
    SELECT ${comparisonId}::uuid, kind, subject FROM drift WHERE closed_at IS NULL ON CONFLICT DO NOTHING`.execute(
    tx,
  )
}

export async function listSuspects(db: Transaction, comparisonId: string, limit: number): Promise<Suspect[]> {
  const rows = await db
    .selectFrom('comparison_suspects')
    .select(['kind', 'subject'])
    .where('comparison_id', '=', comparisonId)
    .orderBy('kind')
    .orderBy('subject')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ kind: row.kind as DriftKind, subject: row.subject }))
}

export async function deleteSuspect(tx: Transaction, comparisonId: string, suspect: Suspect): Promise<void> {
  await tx
    .deleteFrom('comparison_suspects')
    .where('comparison_id', '=', comparisonId)
    .where('kind', '=', suspect.kind)
    .where('subject', '=', suspect.subject)
    .execute()
}

function toComparison(row: Selectable<EventTables['comparisons']>): Comparison {
  return {
    id: row.id,
    askedBy: row.asked_by,
    startedAt: row.started_at,
    asOf: row.as_of,
    stage: row.stage as Stage,
    place: row.place,
    lookedAt: row.looked_at,
    found: row.found,
    closed: row.closed,
    lastError: row.last_error,
    finishedAt: row.finished_at,
  }
}
