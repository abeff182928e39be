import type { Transaction } from '../db/database.ts'
import { type Order, subscriptionLine } from '../orders/order.ts'
import { orderView } from '../orders/pages.ts'
import { listCollections } from '../plans/store.ts'
import type { CheckoutDeps } from './deps.ts'

/** Queues the receipt in the transaction that records the payment. `renewsAt`: the next payment; null: none. */
export async function queueReceipt(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  renewsAt: Date | null,
): Promise<void> {
  const { installation, calendar, publicUrl, outbox } = deps
  const view = orderView(order, { installation, calendar, collections: await listCollections(tx), renewsAt })
  const letter = await outbox.renderMail('receipt', {
    publication: installation.publication_name,
    orderNumber: order.number,
    placed: view.placed.text,
    lines: view.lines,
    subtotal: view.subtotal,
    discount: view.discount,
    tax: view.tax,
    total: view.total,
    orderUrl: `${publicUrl}/orders/${order.number}`,
    opens: view.opens,
    renews: view.renews?.text ?? null,
    seller: view.seller,
    howToCancel: subscriptionLine(order)
      ? `You can end the subscription at any time in your account: ${publicUrl}/account`
      : '',
  })
  const about = { orderId: order.id, ...(order.readerId ? { readerId: order.readerId } : {}) }
  await outbox.queueMail(tx, { ...letter, ...about, to: order.email, kind: 'receipt', at: deps.clock() })
}
