import type { Transaction } from '../db/database.ts'
import { formatMoney } from '../money/format-money.ts'
import type { Money } from '../money/money.ts'
import { closeDrift, type Drift, recordDrift } from './drift.ts'
import type { Order } from './order.ts'

/** A refund as it was just written down. */
export interface NotedRefund {
  stripeRefundId: string
  amount: Money
  /** Whether we did not know it. */
  isNew: boolean
  /** Asked for by Newsstand, which knew what it was for. */
  byUs: boolean
  /** Failed or cancelled: nothing went back. */
  isUndone: boolean
}

/**
 * A part that was refunded at Stripe names no line of the order: it ends nothing, and staff are asked, once for each refund.
 * The question is gone when all went back, or nothing.
 */
export async function askAboutRefund(
  tx: Transaction,
  { order, refund, locale, now }: { order: Order; refund: NotedRefund; locale: string; now: Date },
): Promise<void> {
  const question = questionOf(order, refund, locale)
  if (order.state === 'refunded' || refund.isUndone) await closeDrift(tx, question, now)
  else if (refund.isNew && !refund.byUs) await recordDrift(tx, question, now)
}

function questionOf(order: Order, refund: NotedRefund, locale: string): Drift {
  const [back, total] = [formatMoney(refund.amount, locale), formatMoney(order.total, locale)]
  return {
    kind: 'refund_names_no_line',
    subject: refund.stripeRefundId,
    orderId: order.id,
    stripeSays: `Refund ${refund.stripeRefundId} gave back ${back} of an order over ${total}, and names no line`,
    weSay: 'Everything that the order opened stays open',
    fix: `Leave it as it is, or end what a line of ${order.number} opens.`,
  }
}
