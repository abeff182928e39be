import type { Insertable, Selectable, Updateable } from 'kysely'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { OrderTables } from '../db/tables/orders.ts'
import { minorUnits, money } from '../money/money.ts'
import type { Order, OrderLine } from './order.ts'

type Row = Selectable<OrderTables['orders']>
type LineRow = Selectable<OrderTables['order_lines']>

/** "NS-1001" and on. */
export async function nextOrderNumber(tx: Transaction): Promise<string> {
  const { rows } = await sql<{ number: number }>`SELECT nextval('order_numbers') AS number`.execute(tx)
  return `NS-${rows[0]?.number}`
}

export async function insertOrder(tx: Transaction, order: Order, fingerprint: string): Promise<void> {
  const values: Insertable<OrderTables['orders']> = {
    id: order.id,
    number: order.number,
    state: order.state,
    email: order.email,
    reader_id: order.readerId,
    cart_id: order.cartId,
    fingerprint,
    browser_hash: order.browserHash,
    currency: order.currency,
    subtotal: minorUnits(order.subtotal),
    discount: minorUnits(order.discount),
    tax: minorUnits(order.tax),
    total: minorUnits(order.total),
    promotion_code_id: order.promotionCodeId,
    from_article: order.fromArticle,
    placed_at: order.placedAt,
  }
  await tx.insertInto('orders').values(values).execute()
  await tx
    .insertInto('order_lines')
    .values(order.lines.map((line, position) => lineRow(order.id, line, position)))
    .execute()
}

function lineRow(orderId: string, line: OrderLine, position: number): Insertable<OrderTables['order_lines']> {
  return {
    order_id: orderId,
    position,
    plan_id: line.planId,
    price_id: line.priceId,
    stripe_price_id: line.stripePriceId,
    name: line.name,
    kind: line.kind,
    interval: line.interval,
    lasts_months: line.lastsMonths,
    opens: line.opens,
    quantity: line.quantity,
    unit_amount: minorUnits(line.unitAmount),
    total: minorUnits(line.total),
  }
}

/** null: no such order. */
export async function findOrder(db: Transaction, id: string): Promise<Order | null> {
  return load(db, await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst())
}

/**
 * As `findOrder`, and nobody else changes it until the transaction ends. Rows that refer to it may still be written:
 * whoever holds another lock and writes the order's history would otherwise wait for this one, and this one for that.
 */
export async function lockOrder(tx: Transaction, id: string): Promise<Order | null> {
  return load(
    tx,
    await tx.selectFrom('orders').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
  )
}

export async function findOrderByNumber(db: Transaction, number: string): Promise<Order | null> {
  return load(db, await db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirst())
}

/** The order whose first payment, or whose subscription's later payment, went through this payment intent. */
export async function findOrderByPaymentIntent(
  db: Transaction,
  paymentIntentId: string,
): Promise<Order | null> {
  const row = await db
    .selectFrom('orders')
    .innerJoin('payments', 'payments.order_id', 'orders.id')
    .selectAll('orders')
    .where('payments.stripe_payment_intent_id', '=', paymentIntentId)
    .executeTakeFirst()
  return load(db, row)
}

/** The same cart as posted before and not paid yet; null: there is none. */
export async function findPendingOrder(
  tx: Transaction,
  cartId: string,
  fingerprint: string,
): Promise<Order | null> {
  const row = await tx
    .selectFrom('orders')
    .selectAll()
    .where('cart_id', '=', cartId)
    .where('state', '=', 'pending')
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst()
  return load(tx, row)
}

/** Unpaid orders of this browser or this reader, besides `exceptId`. */
export async function listPendingOrderIds(
  db: Transaction,
  whose: { browserHash: string; readerId: string | null },
  exceptId: string | null,
): Promise<string[]> {
  let query = db
    .selectFrom('orders')
    .select('id')
    .where('state', '=', 'pending')
    .where((where) =>
      where.or([
        where('browser_hash', '=', whose.browserHash),
        ...(whose.readerId ? [where('reader_id', '=', whose.readerId)] : []),
      ]),
    )
  if (exceptId) query = query.where('id', '!=', exceptId)
  return (await query.execute()).map((row) => row.id)
}

/** The latest first. */
export async function listOrdersOf(db: Transaction, readerId: string): Promise<Order[]> {
  const rows = await db
    .selectFrom('orders')
    .selectAll()
    .where('reader_id', '=', readerId)
    .orderBy('placed_at', 'desc')
    .execute()
  return Promise.all(rows.map((row) => loadRow(db, row)))
}

export async function updateOrder(
  tx: Transaction,
  id: string,
  changes: Updateable<OrderTables['orders']>,
): Promise<void> {
  await tx.updateTable('orders').set(changes).where('id', '=', id).execute()
}

/** As `lockOrder`, all of a reader's. */
export async function lockOrdersOf(tx: Transaction, readerId: string): Promise<void> {
  await tx.selectFrom('orders').select('id').where('reader_id', '=', readerId).forNoKeyUpdate().execute()
}

/** Gives all of a reader's orders another address. */
export async function readdressOrdersOf(tx: Transaction, readerId: string, email: string): Promise<void> {
  await tx.updateTable('orders').set({ email }).where('reader_id', '=', readerId).execute()
}

/** True for the one call that may sign this order's browser in. */
export async function claimBrowserSignIn(db: Transaction, orderId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('orders')
    .set({ browser_signed_in_at: now })
    .where('id', '=', orderId)
    .where('browser_signed_in_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function load(db: Transaction, row: Row | undefined): Promise<Order | null> {
  return row ? loadRow(db, row) : null
}

async function loadRow(db: Transaction, row: Row): Promise<Order> {
  const lines = await db
    .selectFrom('order_lines')
    .selectAll()
    .where('order_id', '=', row.id)
    .orderBy('position')
    .execute()
  const amount = (minor: number) => money(minor, row.currency)
  return {
    id: row.id,
    number: row.number,
    state: row.state,
    email: row.email,
    readerId: row.reader_id,
    madeReader: row.made_reader,
    cartId: row.cart_id,
    browserHash: row.browser_hash,
    browserSignedInAt: row.browser_signed_in_at,
    currency: row.currency,
    lines: lines.map((line) => toLine(line, row.currency)),
    subtotal: amount(row.subtotal),
    discount: amount(row.discount),
    tax: amount(row.tax),
    total: amount(row.total),
    refunded: amount(row.refunded),
    promotionCodeId: row.promotion_code_id,
    fromArticle: row.from_article,
    attempt: row.attempt,
    card: row.card,
    placedAt: row.placed_at,
    paidAt: row.paid_at,
    stripeCustomerId: row.stripe_customer_id,
    stripePaymentIntentId: row.stripe_payment_intent_id,
    stripeSubscriptionId: row.stripe_subscription_id,
  }
}

function toLine(row: LineRow, currency: string): OrderLine {
  return {
    planId: row.plan_id,
    priceId: row.price_id,
    stripePriceId: row.stripe_price_id,
    name: row.name,
    kind: row.kind,
    interval: row.interval,
    lastsMonths: row.lasts_months,
    opens: row.opens,
    quantity: row.quantity,
    unitAmount: money(row.unit_amount, currency),
    total: money(row.total, currency),
  }
}
