import { afterMoneyMoved } from '../checkout/weigh-duplicate.ts'
import { inTransaction, type Transaction } from '../db/database.ts'
import { undoPayment } from '../ledger/undo-payment.ts'
import { formatMoney } from '../money/format-money.ts'
import { deletePayment } from '../orders/corrections.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState, type Order } from '../orders/order.ts'
import { listPayments, type Payment } from '../orders/payments.ts'
import { recountRefunds } from '../orders/refunds.ts'
import { lockOrder, updateOrder } from '../orders/store.ts'
import { takeBackRedemption } from '../plans/promotion-store.ts'
import type { ReconcileDeps } from './deps.ts'
import { CannotMend } from './kind.ts'

/** Takes every payment of an order that Stripe knows nothing of off our books; the order is unpaid then. */
export async function strikeOrder(deps: ReconcileDeps, orderId: string | null, by: string): Promise<void> {
  await strike(deps, orderId, by, () => true)
}

/** Takes one payment off our books; an order without another becomes unpaid. */
export async function strikePayment(
  deps: ReconcileDeps,
  orderId: string | null,
  stripeSourceId: string,
  by: string,
): Promise<void> {
  await strike(deps, orderId, by, (payment) => payment.stripeSourceId === stripeSourceId)
}

async function strike(
  deps: ReconcileDeps,
  orderId: string | null,
  by: string,
  isMeant: (payment: Payment) => boolean,
): Promise<void> {
  if (!orderId) throw new CannotMend('It belongs to no order.')
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return
    const payments = await listPayments(tx, order.id)
    for (const payment of payments.filter(isMeant)) await strikeOne(tx, deps, order, payment, by)
    await weighWhatIsLeft(tx, deps, order, payments.every(isMeant), by)
  })
}

async function strikeOne(
  tx: Transaction,
  deps: ReconcileDeps,
  order: Order,
  { stripeSourceId, amount }: Payment,
  by: string,
): Promise<void> {
  await deletePayment(tx, stripeSourceId)
  await undoPayment(tx, order.id, stripeSourceId, deps.clock())
  const words = `Payment of ${formatMoney(amount, deps.installation.locale)}, ${stripeSourceId}`
  const text = `${words}: taken off our books, since Stripe has none (${by})`
  await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'staff' })
}

async function weighWhatIsLeft(
  tx: Transaction,
  deps: ReconcileDeps,
  order: Order,
  noneLeft: boolean,
  by: string,
): Promise<void> {
  const unpaid = noneLeft ? nextState(order.state, 'payment_struck') : null
  if (!unpaid) return afterMoneyMoved(deps)(tx, await recountRefunds(tx, order), deps.clock())
  await updateOrder(tx, order.id, { state: unpaid, paid_at: null })
  if (order.promotionCodeId) await takeBackRedemption(tx, order.promotionCodeId)
  await writeHistory(tx, order.id, { at: deps.clock(), text: `No payment is left (${by})`, by: 'staff' })
  await afterMoneyMoved(deps)(tx, { ...order, state: unpaid }, deps.clock())
}
