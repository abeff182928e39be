import { randomUUID } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
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
  return rows.map((row) => ({
    orderId: row.order_id,
    kind: row.kind,
    amount: money(row.amount, row.currency),
    stripeSourceId: row.stripe_source_id,
    stripePaymentIntentId: row.stripe_payment_intent_id,
    paidAt: row.paid_at,
  }))
}
