import { inTransaction } from '../db/database.ts'
import { writeHistory } from '../orders/history.ts'
import { lockOrder } from '../orders/store.ts'
import { cancelAtOnce } from '../subscriptions/cancel-at-once.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { isLiving } from '../subscriptions/subscription.ts'
import { type FollowDeps, followSubscription } from './follow-subscription.ts'
import { findEntitlementOfLine, updateEntitlement } from './store.ts'

export interface LineToEnd {
  orderId: string
  /** Of the line, from 0. */
  position: number
  /** The address of the member of staff. */
  by: string
}

/** nothing_open: the line opens nothing, or was ended already. */
export type EndedLine = 'ended' | 'nothing_open'

/**
 * Ends what one line of an order opens: a subscription is cancelled at Stripe at once, anything else is closed here. Any
 * number of times. Throws what Stripe's client throws; then it can be asked for again.
 */
export async function endLine(deps: FollowDeps, line: LineToEnd): Promise<EndedLine> {
  const entitlement = await findEntitlementOfLine(deps.db, line.orderId, line.position)
  if (!entitlement || entitlement.held === 'line_ended') return 'nothing_open'
  return entitlement.source === 'subscription' ? endSubscription(deps, line) : close(deps, line)
}

async function endSubscription(deps: FollowDeps, line: LineToEnd): Promise<EndedLine> {
  const subscription = await findSubscriptionOfOrder(deps.db, line.orderId)
  if (!subscription || !isLiving(subscription.state)) return 'nothing_open'
  await cancelAtOnce(deps.stripe, subscription.stripeSubscriptionId)
  await inTransaction(deps.db, (tx) => note(tx, deps, line))
  await followSubscription(deps, subscription.stripeSubscriptionId)
  return 'ended'
}

function close(deps: FollowDeps, line: LineToEnd): Promise<EndedLine> {
  return inTransaction(deps.db, async (tx) => {
    await lockOrder(tx, line.orderId)
    const entitlement = await findEntitlementOfLine(tx, line.orderId, line.position)
    if (!entitlement || entitlement.held === 'line_ended') return 'nothing_open'
    await updateEntitlement(tx, { ...entitlement, held: 'line_ended', released: false })
    await note(tx, deps, line)
    return 'ended'
  })
}

async function note(
  tx: Parameters<typeof writeHistory>[0],
  { clock }: FollowDeps,
  { orderId, position, by }: LineToEnd,
): Promise<void> {
  const text = `What line ${position + 1} opens was ended by ${by}`
  await writeHistory(tx, orderId, { at: clock(), text, by: 'staff' })
}
