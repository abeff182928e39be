import { randomUUID } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
import { addMonths } from '../entitlements/add-months.ts'
import { spanOf } from '../entitlements/entitlement.ts'
import { insertEntitlement } from '../entitlements/store.ts'
import { writeHistory } from '../orders/history.ts'
import { type Order, subscriptionLine } from '../orders/order.ts'
import { insertSubscription, listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SessionFacts } from './read-session.ts'

/**
 * Makes the subscription and the entitlements of an order that is being recorded as paid. Returns whether it is a
 * subscription to what its reader, whose row is locked, has already: then it opens nothing.
 */
export async function openPurchase(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<boolean> {
  for (const [position, line] of order.lines.entries()) {
    if (line.kind !== 'pass' || !line.lastsMonths) continue
    const startsAt = deps.clock()
    const endsAt = addMonths(startsAt, line.lastsMonths * line.quantity)
    const span = { startsAt, endsAt, runsOnUntil: null, held: null, released: false }
    const source = { source: 'order', orderId: order.id, subscriptionId: null } as const
    await insertEntitlement(
      tx,
      { id: randomUUID(), readerId, opens: line.opens, ...source, ...span },
      position,
    )
  }
  return beginSubscription(tx, deps, order, readerId, session, readNumber)
}

async function beginSubscription(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<boolean> {
  const found = subscriptionLine(order)
  if (!found) return false
  if (!session.subscription) throw new Error(`session ${session.id} is paid and has no subscription`)
  const { line, position } = found
  const others = overlapping(await listSubscriptionsOf(tx, readerId), line.opens)
  const duplicate = others.length > 0
  const subscription: Subscription = {
    id: randomUUID(),
    readerId,
    orderId: order.id,
    planId: line.planId,
    priceId: line.priceId,
    opens: line.opens,
    state: session.subscription.state,
    duplicate,
    startedAt: deps.clock(),
    paidUntil: session.subscription.paidUntil,
    givenUntil: null,
    endsAt: session.subscription.endsAt,
    endedAt: null,
    stripeSubscriptionId: session.subscription.id,
    readNumber,
  }
  await insertSubscription(tx, subscription)
  if (duplicate) {
    const text = 'Bought what the reader already has: opens nothing, to be cancelled and refunded'
    await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'newsstand' })
    return true
  }
  const span = { startsAt: deps.clock(), ...spanOf(subscription, deps.grace), held: null, released: false }
  const source = { source: 'subscription', orderId: order.id, subscriptionId: subscription.id } as const
  await insertEntitlement(tx, { id: randomUUID(), readerId, opens: line.opens, ...source, ...span }, position)
  return false
}
