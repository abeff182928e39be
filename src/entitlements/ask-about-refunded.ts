import type { Transaction } from '../db/database.ts'
import { closeDriftsOf, recordDrift, wasAnswered } from '../orders/drift.ts'
import type { Order } from '../orders/order.ts'
import { listRefunds } from '../orders/refunds.ts'
import { renewalOf, type Subscription } from '../subscriptions/subscription.ts'

const kind = 'refunded_goes_on'

/**
 * All that was paid went back, and Stripe will charge again: staff are asked whether that is meant, once for the refund
 * that gave back the last of it. What is no question any more is closed: the subscription ends, or the money was not all
 * of it after all. On a locked order.
 */
export async function askAboutRefunded(
  tx: Transaction,
  order: Order,
  subscription: Subscription,
  now: Date,
): Promise<void> {
  const goesOn = order.state === 'refunded' && renewalOf(subscription) !== null
  const refund = goesOn ? await findLastRefund(tx, order.id) : null
  await closeDriftsOf(tx, { kind, orderId: order.id, except: refund }, now)
  if (!refund || (await wasAnswered(tx, { kind, subject: refund }))) return
  const question = {
    kind,
    subject: refund,
    orderId: order.id,
    stripeSays: `All that was paid went back, last with refund ${refund}, and the subscription goes on renewing`,
    weSay: `Nobody has said whether the reader of ${order.number} is to be charged again`,
    fix: 'End the subscription now, or let it go on: its next renewal is charged, and opens again what it sold.',
  } as const
  await recordDrift(tx, question, now)
}

/** Its id at Stripe; null: none gave anything back. */
async function findLastRefund(tx: Transaction, orderId: string): Promise<string | null> {
  const refunds = (await listRefunds(tx, orderId)).filter(
    ({ state }) => state !== 'failed' && state !== 'canceled',
  )
  const latest = Math.max(...refunds.map(({ askedAt }) => askedAt.getTime()))
  const ids = refunds.filter(({ askedAt }) => askedAt.getTime() === latest).map((one) => one.stripeRefundId)
  return ids.toSorted().at(-1) ?? null
}
