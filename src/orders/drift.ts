import { randomUUID } from 'node:crypto'
import type { Transaction } from '../db/database.ts'

/** A difference between what Stripe says and what we say, for staff to settle. */
export interface Drift {
  kind:
    | 'session_differs'
    | 'paid_twice'
    | 'refund_unknown'
    | 'subscription_unknown'
    | 'duplicate_not_paid_back'
    | 'refund_names_no_line'
    | 'subscription_impossible'
    | 'plan_unknown'
    | 'dispute_lost_goes_on'
  /** An order's number or a Stripe id; with `kind` it names the difference. */
  subject: string
  orderId: string | null
  stripeSays: string
  weSay: string
  /** What to do about it. */
  fix: string
}

/** What is no difference, but a decision that only staff can make. */
export const questionKinds: readonly Drift['kind'][] = ['refund_names_no_line', 'dispute_lost_goes_on']

/** Writes a difference down once: while it is open, finding it again changes nothing. */
export async function recordDrift(tx: Transaction, drift: Drift, now: Date): Promise<void> {
  await tx
    .insertInto('drift')
    .values({
      id: randomUUID(),
      kind: drift.kind,
      subject: drift.subject,
      order_id: drift.orderId,
      stripe_says: drift.stripeSays,
      we_say: drift.weSay,
      fix: drift.fix,
      found_at: now,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).where('closed_at', 'is', null).doNothing(),
    )
    .execute()
}

/** Closes a difference that is none any more; where none is open, nothing happens. Returns whether one was open. */
export async function closeDrift(
  tx: Transaction,
  drift: Pick<Drift, 'kind' | 'subject'>,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('drift')
    .set({ closed_at: now })
    .where('kind', '=', drift.kind)
    .where('subject', '=', drift.subject)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
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
}

/** The open ones first, then the latest; one order's, or all (null). */
export async function listDrift(db: Transaction, orderId: string | null, limit = 200): Promise<FoundDrift[]> {
  let query = db
    .selectFrom('drift')
    .selectAll()
    .orderBy('closed_at', 'desc')
    .orderBy('found_at', 'desc')
    .limit(limit)
  if (orderId) query = query.where('order_id', '=', orderId)
  return (await query.execute()).map((row) => ({
    id: row.id,
    kind: row.kind as Drift['kind'],
    subject: row.subject,
    orderId: row.order_id,
    stripeSays: row.stripe_says,
    weSay: row.we_say,
    fix: row.fix,
    foundAt: row.found_at,
    closedAt: row.closed_at,
  }))
}
