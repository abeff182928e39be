import { inTransaction } from '../db/database.ts'
import { allocate, type Money, minorUnits } from '../money/money.ts'
import { insertDuplicate, listDuplicates } from '../orders/duplicates.ts'
import { writeHistory } from '../orders/history.ts'
import { type Order, subscriptionLine } from '../orders/order.ts'
import { findOrder, lockOrder } from '../orders/store.ts'
import { markDuplicate } from '../subscriptions/store.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession, type SessionFacts } from './read-session.ts'

/**
 * Says of an order's subscription, which was taken for an only one, that it is a duplicate: `undoDuplicate` then undoes it.
 * Any number of times. Does nothing for an order without a subscription. Throws what Stripe's client throws; then nothing
 * was changed.
 */
export async function declareDuplicate(deps: CheckoutDeps, orderId: string): Promise<void> {
  const session = await readBeginning(deps, orderId)
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    const found = order && subscriptionLine(order)
    if (!found) return
    const { position } = found
    const known = await listDuplicates(tx, order)
    if (known.some((one) => one.position === position)) return
    const foundAt = deps.clock()
    await markDuplicate(tx, orderId)
    await insertDuplicate(tx, { orderId, position, amount: tookOf(session, order, position), foundAt })
    const text = 'Found to be what the reader had already: to be cancelled and paid back'
    await writeHistory(tx, orderId, { at: foundAt, text, by: 'newsstand' })
  })
}

/** The session that began the order's subscription; null: Stripe has none. */
async function readBeginning({ db, stripe }: CheckoutDeps, orderId: string): Promise<SessionFacts | null> {
  const subscription = (await findOrder(db, orderId))?.stripeSubscriptionId
  if (!subscription) return null
  const { data } = await stripe.checkout.sessions.list({ subscription, limit: 1 })
  return data[0] ? readSession(stripe, data[0].id) : null
}

/**
 * What a line took, as Stripe charged it: a promotion code may be for one line alone. Where Stripe does not say any more,
 * the line's share of what was paid, by list price.
 */
function tookOf(session: SessionFacts | null, order: Order, position: number): Money {
  const line = order.lines[position]
  const sold = session?.lines.find((one) => line && one.stripePriceId === line.stripePriceId)
  if (sold) return sold.total
  const weights = order.lines.map((one) => minorUnits(one.total))
  const parts = weights.some((weight) => weight > 0) ? allocate(order.total, weights) : []
  return parts[position] ?? order.total
}
