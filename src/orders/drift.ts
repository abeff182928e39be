import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { EventTables } from '../db/tables/events.ts'

/** Every kind of difference; `reconcile/kinds/table.ts` says of each how it is found and mended. */
export const driftKinds = [
  'session_unsettled',
  'session_differs',
  'paid_twice',
  'order_not_paid',
  'amount_differs',
  'payment_unknown',
  'payment_differs',
  'payment_gone',
  'charge_unknown',
  'refund_unknown',
  'refund_differs',
  'dispute_unknown',
  'dispute_differs',
  'subscription_unknown',
  'subscription_differs',
  'subscription_gone',
  'subscription_double',
  'duplicate_not_paid_back',
  'subscription_impossible',
  'plan_unknown',
  'refund_names_no_line',
  'dispute_lost_goes_on',
  'refunded_goes_on',
  'customer_gone',
  'ledger_differs',
  'cannot_compare',
] as const

export type DriftKind = (typeof driftKinds)[number]

/** What is no difference, but a decision that only staff can make. */
export const questionKinds: readonly DriftKind[] = [
  'refund_names_no_line',
  'dispute_lost_goes_on',
  'refunded_goes_on',
]

/** Both sides of a difference, in words for staff. */
export interface Difference {
  /** null: it belongs to no order of ours. */
  orderId: string | null
  stripeSays: string
  weSay: string
  /** What to do about it. */
  fix: string
}

/** A difference between what Stripe says and what we say, for staff to settle. */
export interface Drift extends Difference {
  kind: DriftKind
  /** An order's number or a Stripe id; with `kind` it names the difference. */
  subject: string
}

/**
 * Writes a difference down once: while it is open, finding it again only brings its words up to date. Returns whether it
 * was not known as open before.
 */
export async function recordDrift(tx: Transaction, drift: Drift, now: Date): Promise<boolean> {
  const words = { stripe_says: drift.stripeSays, we_say: drift.weSay, fix: drift.fix }
  const { numUpdatedRows } = await openOne(tx, drift).set(words).executeTakeFirst()
  if (numUpdatedRows > 0n) return false
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('drift')
    .values({
      id: randomUUID(),
      kind: drift.kind,
      subject: drift.subject,
      order_id: drift.orderId,
      found_at: now,
      ...words,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).where('closed_at', 'is', null).doNothing(),
    )
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Closes a difference that is none any more; where none is open, nothing happens. `end.by` is an address of staff, or
 * newsstand. Returns whether one was open.
 */
export async function closeDrift(
  tx: Transaction,
  drift: Pick<Drift, 'kind' | 'subject'>,
  now: Date,
  end: { by: string; how: string } = { by: 'newsstand', how: 'Stripe and we agree again' },
): Promise<boolean> {
  const closed = { closed_at: now, closed_by: end.by, closed_how: end.how, last_error: null }
  const { numUpdatedRows } = await openOne(tx, drift)
    .set({ ...closed, mending_until: null })
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Closes an order's differences of one kind that are none any more, but for the one about `except`. */
export async function closeDriftsOf(
  tx: Transaction,
  { kind, orderId, except }: { kind: DriftKind; orderId: string; except: string | null },
  now: Date,
): Promise<void> {
  const open = await tx
    .selectFrom('drift')
    .select('subject')
    .where('kind', '=', kind)
    .where('order_id', '=', orderId)
    .where('closed_at', 'is', null)
    .execute()
  for (const { subject } of open) if (subject !== except) await closeDrift(tx, { kind, subject }, now)
}

/** Whether staff closed this before: what only they can decide is not asked twice. */
export async function wasAnswered(
  tx: Transaction,
  { kind, subject }: Pick<Drift, 'kind' | 'subject'>,
): Promise<boolean> {
  const row = await tx
    .selectFrom('drift')
    .select('id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('closed_by', '!=', 'newsstand')
    .executeTakeFirst()
  return row !== undefined
}

function openOne(tx: Transaction, { kind, subject }: Pick<Drift, 'kind' | 'subject'>) {
  return tx
    .updateTable('drift')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('closed_at', 'is', null)
}

export async function isDriftOpen(
  db: Transaction,
  { kind, subject }: Pick<Drift, 'kind' | 'subject'>,
  orderId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('drift')
    .select('id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('order_id', '=', orderId)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

export interface FoundDrift extends Drift {
  id: string
  foundAt: Date
  closedAt: Date | null
  /** An address of staff, or newsstand; null while it is open. */
  closedBy: string | null
  closedHow: string | null
  /** Why the last try to mend it failed; null: none did. */
  lastError: string | null
}

/** An order's, open and closed, the open ones first, then the latest. */
export async function listDrift(db: Transaction, orderId: string, limit = 200): Promise<FoundDrift[]> {
  const rows = await db
    .selectFrom('drift')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('closed_at', 'desc')
    .orderBy('found_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toDrift)
}

/** null: there is none with this id. */
export async function findDrift(db: Transaction, id: string): Promise<FoundDrift | null> {
  const row = await db.selectFrom('drift').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toDrift(row) : null
}

export function toDrift(row: Selectable<EventTables['drift']>): FoundDrift {
  return {
    id: row.id,
    kind: row.kind as DriftKind,
    subject: row.subject,
    orderId: row.order_id,
    stripeSays: row.stripe_says,
    weSay: row.we_say,
    fix: row.fix,
    foundAt: row.found_at,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
    closedHow: row.closed_how,
    lastError: row.last_error,
  }
}
