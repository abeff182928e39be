import type Stripe from 'stripe'
import { inTransaction, type Transaction } from '../db/database.ts'
import { movementsOfDispute } from '../ledger/movement.ts'
import { postMovements } from '../ledger/post-movement.ts'
import { formatMoney } from '../money/format-money.ts'
import { minorUnits } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf, idOf } from '../stripe/client.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
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
    await afterChange(tx, weighed)
    return weighed
  })
}

/** Returns the order as the dispute leaves it. */
async function weighDispute(tx: Transaction, order: Order, { status }: Stripe.Dispute): Promise<Order> {
  if (status.startsWith('warning')) return order
  const won = status === 'won'
  if (won && (await hasOpenDispute(tx, order.id))) return order
  const state = nextState(order.state, won ? 'dispute_won' : 'disputed')
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
async function hasOpenDispute(tx: Transaction, orderId: string): Promise<boolean> {
  const rows = await tx.selectFrom('disputes').select('state').where('order_id', '=', orderId).execute()
  return rows.some(({ state }) => state !== 'won' && !state.startsWith('warning'))
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
