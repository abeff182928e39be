import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { OrderTables } from '../db/tables/orders.ts'
import { currencyCode, type Money, minorUnits, money } from '../money/money.ts'

/** Money that a reader paid for an order. */
export interface Payment {
  orderId: string
  kind: 'first' | 'renewal'
  amount: Money
  /** What it was for at Stripe: the invoice's id, else the payment intent's, else the session's. */
  stripeSourceId: string
  stripePaymentIntentId: string | null
  paidAt: Date
}

/** Records a payment once, however often Stripe tells of it. Returns whether it was new. */
export async function insertPayment(tx: Transaction, payment: Payment): Promise<boolean> {
  return (await insertPayments(tx, [payment])).length === 1
}

/** Records payments, each once. Returns those that were new, in the order given. */
export async function insertPayments(tx: Transaction, payments: Payment[]): Promise<Payment[]> {
  if (payments.length === 0) return []
  const rows = await tx
    .insertInto('payments')
    .values(payments.map(toRow))
    .onConflict((conflict) => conflict.column('stripe_source_id').doNothing())
    .returning('stripe_source_id')
    .execute()
  const fresh = new Set(rows.map((row) => row.stripe_source_id))
  return payments.filter((payment) => fresh.has(payment.stripeSourceId))
}

function toRow(payment: Payment) {
  return {
    id: randomUUID(),
    order_id: payment.orderId,
    kind: payment.kind,
    currency: currencyCode(payment.amount),
    amount: minorUnits(payment.amount),
    stripe_source_id: payment.stripeSourceId,
    stripe_payment_intent_id: payment.stripePaymentIntentId,
    paid_at: payment.paidAt,
  }
}

/** The oldest first. */
export async function listPayments(db: Transaction, orderId: string): Promise<Payment[]> {
  const rows = await db
    .selectFrom('payments')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('paid_at')
    .execute()
  return rows.map(toPayment)
}

/** By what it was for at Stripe; null: there is none. */
export async function findPayment(db: Transaction, stripeSourceId: string): Promise<Payment | null> {
  const row = await db
    .selectFrom('payments')
    .selectAll()
    .where('stripe_source_id', '=', stripeSourceId)
    .executeTakeFirst()
  return row ? toPayment(row) : null
}

/** Of these payment intents, those that paid for an order of ours. */
export async function listPaidIntents(db: Transaction, paymentIntentIds: string[]): Promise<Set<string>> {
  if (paymentIntentIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('payments')
    .select('stripe_payment_intent_id as id')
    .where('stripe_payment_intent_id', 'in', paymentIntentIds)
    .execute()
  return new Set(rows.flatMap(({ id }) => id ?? []))
}

function toPayment(row: Selectable<OrderTables['payments']>): Payment {
  return {
    orderId: row.order_id,
    kind: row.kind,
    amount: money(row.amount, row.currency),
    stripeSourceId: row.stripe_source_id,
    stripePaymentIntentId: row.stripe_payment_intent_id,
    paidAt: row.paid_at,
  }
}
