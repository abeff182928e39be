import type { Transaction } from '../db/database.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { formatMoney } from '../money/format-money.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState, type Order } from '../orders/order.ts'
import { updateOrder } from '../orders/store.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SessionFacts } from './read-session.ts'

/**
 * A slow payment method failed after its session was complete: the order fails, its cart is as it was, so that the reader
 * can try again, and a mail tells of it. Once; an order that is paid or failed already stays as it is.
 */
export async function failOrder(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const state = nextState(order.state, 'payment_failed')
  if (!state) return
  await updateOrder(tx, order.id, { state })
  await writeHistory(tx, order.id, { at: deps.clock(), text: 'The bank did not pay', by: 'stripe' })
  if (session.subscription) await queueEndUnpaid(tx, session.id)
  await queueNotice(tx, deps, order)
}

/** Has the subscription of a failed order end at Stripe: see `end-unpaid.ts`. Asking twice does no harm. */
export async function queueEndUnpaid(tx: Transaction, sessionId: string): Promise<void> {
  await queueJob(tx, 'end-unpaid', { sessionId }, { key: `end-unpaid:${sessionId}` })
}

async function queueNotice(tx: Transaction, deps: CheckoutDeps, order: Order): Promise<void> {
  const { installation, publicUrl, outbox } = deps
  const letter = await outbox.renderMail('payment-failed', {
    publication: installation.publication_name,
    orderNumber: order.number,
    lines: order.lines.map((line) => line.name),
    total: formatMoney(order.total, installation.locale),
    cartUrl: `${publicUrl}/cart`,
    plansUrl: `${publicUrl}/subscribe`,
  })
  const about = { orderId: order.id, ...(order.readerId ? { readerId: order.readerId } : {}) }
  await outbox.queueMail(tx, {
    ...letter,
    ...about,
    to: order.email,
    kind: 'payment-failed',
    at: deps.clock(),
  })
}
