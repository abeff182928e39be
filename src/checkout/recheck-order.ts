import { inTransaction, type Transaction } from '../db/database.ts'
import { findRunningPass } from '../entitlements/store.ts'
import { type OrderLine, subscriptionLine } from '../orders/order.ts'
import { lockOrder } from '../orders/store.ts'
import { hasAccount } from '../readers/has-account.ts'
import { listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import type { CheckoutDeps } from './deps.ts'

export type Obstacle =
  | { outcome: 'overtaken' }
  | { outcome: 'account' }
  | { outcome: 'subscribed'; subscription: Subscription }
  | { outcome: 'has_pass'; name: string; until: Date }

/**
 * What has come between an order and its payment page while that was made: a later order closed this one, its address got
 * an account, or its reader what it sells. null: nothing.
 */
export function recheckOrder(deps: CheckoutDeps, orderId: string): Promise<Obstacle | null> {
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (order?.state !== 'pending') return { outcome: 'overtaken' }
    const { readerId } = order
    if (!readerId) return (await hasAccount(tx, order.email)) ? { outcome: 'account' } : null
    const line = subscriptionLine(order)?.line
    const subscription = line && overlapping(await listSubscriptionsOf(tx, readerId), line.opens)[0]
    if (subscription) return { outcome: 'subscribed', subscription }
    return findPass(tx, order.lines, readerId, deps.clock())
  })
}

async function findPass(
  tx: Transaction,
  lines: OrderLine[],
  readerId: string,
  now: Date,
): Promise<Obstacle | null> {
  for (const { kind, planId, name } of lines) {
    const until = kind === 'pass' ? await findRunningPass(tx, readerId, planId, now) : null
    if (until) return { outcome: 'has_pass', name, until }
  }
  return null
}
