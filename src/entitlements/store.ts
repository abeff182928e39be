import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { SubscriptionTables } from '../db/tables/subscriptions.ts'
import type { Entitlement } from './entitlement.ts'

type Row = Selectable<SubscriptionTables['entitlements']>

function toEntitlement(row: Row): Entitlement {
  return {
    id: row.id,
    readerId: row.reader_id,
    opens: row.opens,
    source: row.source,
    orderId: row.order_id,
    subscriptionId: row.subscription_id,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    runsOnUntil: row.runs_on_until,
    held: row.held,
    released: row.released,
  }
}

/** All of a reader's entitlements, those that have ended included. */
export async function listEntitlementsOf(db: Transaction, readerId: string): Promise<Entitlement[]> {
  const rows = await db
    .selectFrom('entitlements')
    .selectAll()
    .where('reader_id', '=', readerId)
    .orderBy('starts_at', 'desc')
    .execute()
  return rows.map(toEntitlement)
}

/** In the order of its lines. */
export async function listEntitlementsOfOrder(db: Transaction, orderId: string): Promise<Entitlement[]> {
  const rows = await db
    .selectFrom('entitlements')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('order_position')
    .execute()
  return rows.map(toEntitlement)
}

/** What a line of an order opens; null: nothing. */
export async function findEntitlementOfLine(
  db: Transaction,
  orderId: string,
  position: number,
): Promise<Entitlement | null> {
  const row = await db
    .selectFrom('entitlements')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('order_position', '=', position)
    .executeTakeFirst()
  return row ? toEntitlement(row) : null
}

/** Until when a pass of this plan that a reader bought runs, unless it waits for something; null: none does. */
export async function findRunningPass(
  db: Transaction,
  readerId: string,
  planId: string,
  now: Date,
): Promise<Date | null> {
  const row = await db
    .selectFrom('entitlements')
    .innerJoin('order_lines', (join) =>
      join
        .onRef('order_lines.order_id', '=', 'entitlements.order_id')
        .onRef('order_lines.position', '=', 'entitlements.order_position'),
    )
    .select('ends_at')
    .where('reader_id', '=', readerId)
    .where('plan_id', '=', planId)
    .where('source', '=', 'order')
    .where('held', 'is', null)
    .where('ends_at', '>', now)
    .orderBy('ends_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.ends_at ?? null
}

/** `orderPosition`: the line of the order that it stands for. */
export async function insertEntitlement(
  tx: Transaction,
  entitlement: Entitlement,
  orderPosition: number,
): Promise<void> {
  await tx
    .insertInto('entitlements')
    .values({
      id: entitlement.id,
      reader_id: entitlement.readerId,
      opens: entitlement.opens,
      source: entitlement.source,
      order_id: entitlement.orderId,
      subscription_id: entitlement.subscriptionId,
      order_position: orderPosition,
      starts_at: entitlement.startsAt,
      ends_at: entitlement.endsAt,
      runs_on_until: entitlement.runsOnUntil,
      held: entitlement.held,
    })
    .execute()
}

/** Writes what changes of an entitlement: its end, what it opens, and what stands in its way. */
export async function updateEntitlement(tx: Transaction, entitlement: Entitlement): Promise<void> {
  const { opens, endsAt, runsOnUntil, held, released } = entitlement
  await tx
    .updateTable('entitlements')
    .set({ opens, ends_at: endsAt, runs_on_until: runsOnUntil, held, released })
    .where('id', '=', entitlement.id)
    .execute()
}
