import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Hold, SubscriptionTables } from '../db/tables/subscriptions.ts'
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

export async function listEntitlementsOfOrder(db: Transaction, orderId: string): Promise<Entitlement[]> {
  const rows = await db.selectFrom('entitlements').selectAll().where('order_id', '=', orderId).execute()
  return rows.map(toEntitlement)
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

export async function moveEntitlementOf(
  tx: Transaction,
  subscriptionId: string,
  span: { endsAt: Date; runsOnUntil: Date | null },
  opens: string[],
): Promise<void> {
  await tx
    .updateTable('entitlements')
    .set({ ends_at: span.endsAt, runs_on_until: span.runsOnUntil, opens })
    .where('subscription_id', '=', subscriptionId)
    .execute()
}

/** Makes an order's entitlements wait ("dispute", "refund"), or opens them again with null. */
export async function holdEntitlementsOf(tx: Transaction, orderId: string, held: Hold | null): Promise<void> {
  await tx.updateTable('entitlements').set({ held }).where('order_id', '=', orderId).execute()
}
