import { inTransaction } from '../db/database.ts'
import { allocate, type Money, minorUnits } from '../money/money.ts'
import { insertDuplicate, listDuplicates } from '../orders/duplicates.ts'
import { writeHistory } from '../orders/history.ts'
import { type Order, subscriptionLine } from '../orders/order.ts'
import { lockOrder } from '../orders/store.ts'
import { markDuplicate } from '../subscriptions/store.ts'
import type { CheckoutDeps } from './deps.ts'

/**
 * Says of an order's subscription, which was taken for an only one, that it is a duplicate: `undoDuplicate` then undoes it.
 * Any number of times. Does nothing for an order without a subscription.
 */
export async function declareDuplicate(deps: CheckoutDeps, orderId: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    const found = order && subscriptionLine(order)
    if (!found) return
    const { position } = found
    const known = await listDuplicates(tx, order)
    if (known.some((one) => one.position === position)) return
    const foundAt = deps.clock()
    await markDuplicate(tx, orderId)
    await insertDuplicate(tx, { orderId, position, amount: shareOf(order, position), foundAt })
    const text = 'Found to be what the reader had already: to be cancelled and paid back'
    await writeHistory(tx, orderId, { at: foundAt, text, by: 'newsstand' })
  })
}

/** A line's share of what was paid, discount and tax by list price: what Stripe rounded differently is a minor unit. */
function shareOf(order: Order, position: number): Money {
  const weights = order.lines.map((line) => minorUnits(line.total))
  const parts = weights.some((weight) => weight > 0) ? allocate(order.total, weights) : []
  return parts[position] ?? order.total
}
