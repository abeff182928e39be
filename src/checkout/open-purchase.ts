import { randomUUID } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
import { addMonths } from '../entitlements/add-months.ts'
import { spanOf } from '../entitlements/entitlement.ts'
import { findEntitlementOfLine, findRunningPass, insertEntitlement } from '../entitlements/store.ts'
import type { Order, OrderLine } from '../orders/order.ts'
import { findSubscriptionOfOrder, insertSubscription, listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SessionFacts } from './read-session.ts'

/**
 * Makes the subscription and the entitlements of an order that is being recorded as paid. Returns the positions of lines
 * that are duplicates: a subscription to what its reader, whose row is locked, has already, or a pass that still runs. They
 * open nothing. What an order opened before its payment was struck is there still, and is not made again.
 */
export async function openPurchase(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<number[]> {
  const duplicates: number[] = []
  for (const [position, line] of order.lines.entries()) {
    const isDuplicate =
      line.kind === 'subscription'
        ? await beginSubscription(tx, deps, order, { line, position }, readerId, session, readNumber)
        : await openPass(tx, deps, order, { line, position }, readerId)
    if (isDuplicate) duplicates.push(position)
  }
  return duplicates
}

interface Place {
  line: OrderLine
  position: number
}

async function openPass(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  { line, position }: Place,
  readerId: string,
): Promise<boolean> {
  if (line.kind !== 'pass' || !line.lastsMonths) return false
  if (await findEntitlementOfLine(tx, order.id, position)) return false
  const startsAt = deps.clock()
  if (await findRunningPass(tx, readerId, line.planId, startsAt)) return true
  const endsAt = addMonths(startsAt, line.lastsMonths * line.quantity)
  const span = { startsAt, endsAt, runsOnUntil: null, held: null, released: false }
  const source = { source: 'order', orderId: order.id, subscriptionId: null } as const
  await insertEntitlement(tx, { id: randomUUID(), readerId, opens: line.opens, ...source, ...span }, position)
  return false
}

async function beginSubscription(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  { line, position }: Place,
  readerId: string,
  session: SessionFacts,
  readNumber: number,
): Promise<boolean> {
  if (!session.subscription) throw new Error(`session ${session.id} is paid and has no subscription`)
  const known = await findSubscriptionOfOrder(tx, order.id)
  if (known?.stripeSubscriptionId === session.subscription.id) return false
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
    bankAsked: false,
    endsAt: session.subscription.endsAt,
    endedAt: null,
    stripeSubscriptionId: session.subscription.id,
    readNumber,
  }
  await insertSubscription(tx, subscription)
  if (duplicate) return true
  const span = { startsAt: deps.clock(), ...spanOf(subscription, deps.grace), held: null, released: false }
  const source = { source: 'subscription', orderId: order.id, subscriptionId: subscription.id } as const
  await insertEntitlement(tx, { id: randomUUID(), readerId, opens: line.opens, ...source, ...span }, position)
  return false
}
