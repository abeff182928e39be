import type Stripe from 'stripe'
import { afterMoneyMoved } from '../checkout/weigh-duplicate.ts'
import { inTransaction } from '../db/database.ts'
import { formatMoney } from '../money/format-money.ts'
import { followLedger } from '../orders/follow-ledger.ts'
import { writeHistory } from '../orders/history.ts'
import { insertPayment } from '../orders/payments.ts'
import { recountRefunds } from '../orders/refunds.ts'
import { lockOrder } from '../orders/store.ts'
import { toPayment } from '../subscriptions/read-subscription.ts'
import type { ReconcileDeps } from './deps.ts'

/** Puts a paid invoice on its order's books, unless it is there; what it opens is its subscription's to say. */
export async function recordInvoice(
  deps: ReconcileDeps,
  orderId: string,
  invoice: Stripe.Invoice,
): Promise<void> {
  const { invoiceId, paymentIntentId, amount, paidAt, renewal } = toPayment(invoice)
  const isNew = await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return false
    const source = { stripeSourceId: invoiceId, stripePaymentIntentId: paymentIntentId }
    const kind = renewal ? 'renewal' : 'first'
    if (!(await insertPayment(tx, { orderId, kind, amount, paidAt, ...source }))) return false
    const text = `Payment of ${formatMoney(amount, deps.installation.locale)} recorded late`
    await writeHistory(tx, orderId, { at: deps.clock(), text, by: 'stripe' })
    await afterMoneyMoved(deps)(tx, await recountRefunds(tx, order), deps.clock())
    return true
  })
  if (isNew) await followLedger(deps, orderId)
}
