import type { Selectable } from 'kysely'
import type Stripe from 'stripe'
import { inTransaction, type Transaction } from '../db/database.ts'
import type { OrderTables } from '../db/tables/orders.ts'
import { movementsOfDispute } from '../ledger/movement.ts'
import { postMovements } from '../ledger/post-movement.ts'
import { formatMoney } from '../money/format-money.ts'
import { type Money, minorUnits, money } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf, idOf } from '../stripe/client.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
import { type DisputeEffect, effectOf } from './dispute.ts'
import { writeHistory } from './history.ts'
import { nextState, type Order } from './order.ts'
import { type AfterChange, type RefundDeps, recountRefunds } from './refunds.ts'
import { lockOrder, updateOrder } from './store.ts'

/**
 * Brings a dispute and its order's state to what Stripe says now. A warning (an early inquiry) moves no money and
 * changes no state. Returns the order as it is then; null: there is no such order.
 */
export async function followDispute(
  deps: RefundDeps,
  orderId: string,
  disputeId: string,
  afterChange: AfterChange,
): Promise<Order | null> {
  const readNumber = await nextReadNumber(deps.db)
  const dispute = await deps.stripe.disputes.retrieve(disputeId)
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return null
    await enterDispute(tx, orderId, dispute, deps.clock())
    if (!(await writeDispute(tx, deps, order, dispute, readNumber))) return order
    const weighed = await weighDispute(tx, order, dispute)
    await afterChange(tx, weighed, deps.clock())
    return weighed
  })
}

/** Returns the order as the dispute leaves it. */
async function weighDispute(tx: Transaction, order: Order, { status }: Stripe.Dispute): Promise<Order> {
  const effect = effectOf(status)
  if (effect === 'none') return order
  if (effect === 'won' && (await hasStandingDispute(tx, order.id))) return order
  const state = nextState(order.state, effect === 'won' ? 'dispute_won' : 'disputed')
  if (!state) return order
  await updateOrder(tx, order.id, { state })
  // What was refunded while it was disputed counts again now.
  return recountRefunds(tx, { ...order, state })
}

/** Into the ledger; each balance transaction is written once, so that an older answer does no harm. */
async function enterDispute(
  tx: Transaction,
  orderId: string,
  dispute: Stripe.Dispute,
  now: Date,
): Promise<void> {
  const paymentIntentId = idOf(dispute.payment_intent) ?? ''
  const cause = { orderId, paymentIntentId, kind: 'dispute' } as const
  await postMovements(tx, cause, movementsOfDispute(dispute), now)
}

/** Another payment of the order may be disputed still, or its dispute was lost. */
export async function hasStandingDispute(tx: Transaction, orderId: string): Promise<boolean> {
  const disputes = await listDisputes(tx, orderId)
  return disputes.some(({ effect }) => effect === 'open' || effect === 'lost')
}

export interface Dispute {
  stripeDisputeId: string
  amount: Money
  /** As Stripe has it. */
  state: string
  effect: DisputeEffect
  openedAt: Date
}

/** The oldest first. */
export async function listDisputes(db: Transaction, orderId: string): Promise<Dispute[]> {
  const rows = await db
    .selectFrom('disputes')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('opened_at')
    .execute()
  return rows.map(toDispute)
}

/** With the order that it belongs to; null: there is none. */
export async function findDispute(
  db: Transaction,
  stripeDisputeId: string,
): Promise<(Dispute & { orderId: string }) | null> {
  const row = await db
    .selectFrom('disputes')
    .selectAll()
    .where('stripe_dispute_id', '=', stripeDisputeId)
    .executeTakeFirst()
  return row ? { ...toDispute(row), orderId: row.order_id } : null
}

/** Of these ids of Stripe's, those of disputes that are here. */
export async function listKnownDisputes(db: Transaction, stripeIds: string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('disputes')
    .select('stripe_dispute_id as id')
    .where('stripe_dispute_id', 'in', stripeIds)
    .execute()
  return new Set(rows.map(({ id }) => id))
}

function toDispute(row: Selectable<OrderTables['disputes']>): Dispute {
  return {
    stripeDisputeId: row.stripe_dispute_id,
    amount: money(row.amount, row.currency),
    state: row.state,
    effect: effectOf(row.state),
    openedAt: row.opened_at,
  }
}

/** Returns whether this read is the newest. */
async function writeDispute(
  tx: Transaction,
  deps: RefundDeps,
  order: Order,
  dispute: Stripe.Dispute,
  readNumber: number,
): Promise<boolean> {
  const known = await tx
    .selectFrom('disputes')
    .select(['state', 'read_number'])
    .where('stripe_dispute_id', '=', dispute.id)
    .executeTakeFirst()
  if (known && known.read_number > readNumber) return false
  const amount = fromStripeAmount(dispute.amount, dispute.currency)
  const present = { state: dispute.status, read_number: readNumber }
  await tx
    .insertInto('disputes')
    .values({
      stripe_dispute_id: dispute.id,
      order_id: order.id,
      currency: order.currency,
      amount: minorUnits(amount),
      opened_at: dateOf(dispute.created),
      ...present,
    })
    .onConflict((conflict) => conflict.column('stripe_dispute_id').doUpdateSet(present))
    .execute()
  if (known?.state === dispute.status) return true
  const text = `Dispute over ${formatMoney(amount, deps.installation.locale)}: ${dispute.status.replaceAll('_', ' ')}`
  await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'stripe' })
  return true
}
