import type { Transaction } from '../db/database.ts'
import {
  add,
  allocate,
  compare,
  least,
  type Money,
  minorUnits,
  money,
  subtract,
  sum,
  zero,
} from '../money/money.ts'
import type { Order } from './order.ts'
import type { Payment } from './payments.ts'

/** A line of a paid order that sold what its reader had already: it opens nothing and is undone. */
export interface Duplicate {
  orderId: string
  /** Of the line in its order. */
  position: number
  /** What the line took with its tax, after discounts. */
  amount: Money
  foundAt: Date
  /** null: still to be cancelled or paid back. */
  undoneAt: Date | null
}

/**
 * How much of a payment is to go back: of the first one what the duplicates took, never more than was paid, and where credit
 * paid a part of the order, so much of what they took as was charged of the whole; of a renewal, which only a subscription
 * has, all if that is a duplicate.
 */
export function owedOf(payment: Payment, order: Order, duplicates: readonly Duplicate[]): Money {
  if (payment.kind === 'renewal')
    return isSubscriptionOf(order, duplicates) ? payment.amount : zero(order.currency)
  const credit = minorUnits(order.total) - minorUnits(payment.amount)
  const took = tookBy(order, duplicates)
  const [share = took] = credit > 0 ? allocate(took, [minorUnits(payment.amount), credit]) : []
  return least(share, payment.amount)
}

/**
 * How much is to go back to the reader's credit at Stripe: of the first bill what the duplicates took and was not charged,
 * and all that credit paid later if the subscription is a duplicate. `used`: what credit paid of the order.
 */
export function owedCredit(
  order: Order,
  payments: readonly Payment[],
  duplicates: readonly Duplicate[],
  used: Money,
): Money {
  const none = zero(order.currency)
  const first = payments.find(({ kind }) => kind === 'first')
  const ofFirst = least(used, atLeast(none, subtract(order.total, first?.amount ?? none)))
  const took = tookBy(order, duplicates)
  const owed = least(ofFirst, subtract(took, first ? owedOf(first, order, duplicates) : none))
  return isSubscriptionOf(order, duplicates) ? add(owed, subtract(used, ofFirst)) : owed
}

function tookBy(order: Order, duplicates: readonly Duplicate[]): Money {
  return sum(
    duplicates.map(({ amount }) => amount),
    order.currency,
  )
}

function isSubscriptionOf(order: Order, duplicates: readonly Duplicate[]): boolean {
  return duplicates.some(({ position }) => order.lines[position]?.kind === 'subscription')
}

function atLeast(least: Money, amount: Money): Money {
  return compare(amount, least) < 0 ? least : amount
}

/** The sum of `owedOf` over an order's payments. */
export function owedBack(
  order: Order,
  payments: readonly Payment[],
  duplicates: readonly Duplicate[],
): Money {
  return sum(
    payments.map((payment) => owedOf(payment, order, duplicates)),
    order.currency,
  )
}

export async function insertDuplicate(
  tx: Transaction,
  duplicate: Omit<Duplicate, 'undoneAt'>,
): Promise<void> {
  const { orderId, position, amount, foundAt } = duplicate
  await tx
    .insertInto('duplicates')
    .values({ order_id: orderId, position, amount: minorUnits(amount), found_at: foundAt, undone_at: null })
    .execute()
}

/** Those of an order, in the order of its lines; none for most. */
export async function listDuplicates(db: Transaction, order: Order): Promise<Duplicate[]> {
  const rows = await db
    .selectFrom('duplicates')
    .selectAll()
    .where('order_id', '=', order.id)
    .orderBy('position')
    .execute()
  return rows.map((row) => ({
    orderId: row.order_id,
    position: row.position,
    amount: money(row.amount, order.currency),
    foundAt: row.found_at,
    undoneAt: row.undone_at,
  }))
}

/** null: they are owed again. */
export async function markUndone(tx: Transaction, orderId: string, undoneAt: Date | null): Promise<void> {
  await tx
    .updateTable('duplicates')
    .set({ undone_at: undoneAt })
    .where('order_id', '=', orderId)
    .where('undone_at', undoneAt ? 'is' : 'is not', null)
    .execute()
}

/**
 * Orders with duplicates found before `before` and not undone, though nothing stands in the way: no dispute, and no
 * difference that staff are asked to settle.
 */
export async function listForgottenDuplicates(db: Transaction, before: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('duplicates')
    .innerJoin('orders', 'orders.id', 'duplicates.order_id')
    .select('orders.id')
    .distinct()
    .where('undone_at', 'is', null)
    .where('found_at', '<', before)
    .where('orders.state', '!=', 'disputed')
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('drift')
            .select('drift.id')
            .whereRef('drift.order_id', '=', 'orders.id')
            .where('kind', '=', 'duplicate_not_paid_back')
            .where('closed_at', 'is', null),
        ),
      ),
    )
    .execute()
  return rows.map((row) => row.id)
}
