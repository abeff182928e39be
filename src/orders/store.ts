import type { ExpressionBuilder, Insertable, Selectable, Updateable } from 'kysely'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { OrderTables } from '../db/tables/orders.ts'
import type { Tables } from '../db/tables.ts'
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

/** What a reader agreed to by placing an order, in the words that were shown. */
export async function insertConsents(
  tx: Transaction,
  order: Order,
  consents: readonly { name: string; text: string }[],
): Promise<void> {
  if (consents.length === 0) return
  const given = { order_id: order.id, given_at: order.placedAt }
  const rows = consents.map(({ name, text }) => ({ ...given, name, text }))
  await tx.insertInto('order_consents').values(rows).execute()
}

/** What its lines are sold as at Stripe: a price's id for each, in their order. */
export async function setStripePrices(
  tx: Transaction,
  orderId: string,
  stripePriceIds: readonly string[],
): Promise<void> {
  for (const [position, stripePriceId] of stripePriceIds.entries())
    await tx
      .updateTable('order_lines')
      .set({ stripe_price_id: stripePriceId })
      .where('order_id', '=', orderId)
      .where('position', '=', position)
      .execute()
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

/** Who places orders. */
export interface Buyer {
  email: string
  /** null: no account yet. */
  readerId: string | null
  /** SHA-256 of the secret in the browser's cookie. */
  browserHash: string
}

/**
 * Lets one transaction at a time place orders for a buyer, known by address or by browser: so they are placed one after
 * the other, and each sees those before it. Held until the transaction ends; taken before any row is locked.
 */
export async function lockBuyer(tx: Transaction, { email, browserHash }: Buyer): Promise<void> {
  for (const name of [`buyer ${browserHash}`, `buyer ${email}`].toSorted()) {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  }
}

/** A buyer's unpaid orders that were placed before the order `beforeId`. */
export async function listPendingBefore(db: Transaction, buyer: Buyer, beforeId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('orders')
    .select('id')
    .where('state', '=', 'pending')
    .where(isOf(buyer))
    .where('turn', '<', (select) => select.selectFrom('orders').select('turn').where('id', '=', beforeId))
    .orderBy('turn')
    .execute()
  return rows.map((row) => row.id)
}

/** Unpaid orders that were placed before `before`, the oldest first. */
export async function listStalePending(db: Transaction, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('orders')
    .select('id')
    .where('state', '=', 'pending')
    .where('placed_at', '<', before)
    .orderBy('placed_at')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/**
 * How many unpaid orders reserve a use of a promotion code, which the caller has locked. The buyer's own do not where their
 * payment page can still be closed, since a new order does that.
 */
export async function countReserved(tx: Transaction, promotionId: string, buyer: Buyer): Promise<number> {
  const { count } = await tx
    .selectFrom('orders')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('promotion_code_id', '=', promotionId)
    .where('state', '=', 'pending')
    .where((where) => where.or([where.not(isOf(buyer)(where)), isComplete(where)]))
    .executeTakeFirstOrThrow()
  return count
}

/** Paid at its page, by something that takes its time. */
function isComplete(where: ExpressionBuilder<Tables, 'orders'>) {
  return where.exists(
    where
      .selectFrom('checkout_sessions')
      .select('checkout_sessions.id')
      .whereRef('checkout_sessions.order_id', '=', 'orders.id')
      .where('checkout_sessions.state', '=', 'complete'),
  )
}

/** Whether a reader ever paid an order with a promotion code. */
export async function hasPaidWith(tx: Transaction, promotionId: string, readerId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('orders')
    .select('id')
    .where('promotion_code_id', '=', promotionId)
    .where('reader_id', '=', readerId)
    .where('state', 'not in', ['pending', 'failed', 'expired'])
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Of a new address, only what nobody with an account ordered: a stranger's form must not reach that. */
function isOf({ email, readerId, browserHash }: Buyer) {
  return (where: ExpressionBuilder<Tables, 'orders'>) => {
    const sameAddress = where('email', '=', email)
    return where.or([
      where('browser_hash', '=', browserHash),
      where.and([sameAddress, where('reader_id', 'is', null)]),
      ...(readerId ? [where('reader_id', 'is not distinct from', readerId)] : []),
    ])
  }
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
    bankAskedAt: row.bank_asked_at,
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
