import type { CheckoutDeps } from '../../checkout/deps.ts'
import { queueEndUnpaid } from '../../checkout/fail-order.ts'
import { type SettleOutcome, settle } from '../../checkout/settle.ts'
import { followSubscription } from '../../entitlements/follow-subscription.ts'
import { SharedTurns } from '../share-turns.ts'
import { applied, type Effect, foreign, type Handler } from './effect.ts'

/** customer.subscription.*: its id is the object's. */
export const onSubscription: Handler = (deps, event) => followOrSettle(deps, event.objectId)

/** invoice.*: what it bills is under `parent`; an invoice of no subscription is none of ours. */
export const onInvoice: Handler = async (deps, event) => {
  const subscriptionId = event.refersTo.subscription
  return subscriptionId ? followOrSettle(deps, subscriptionId) : { ignored: 'Not for a subscription' }
}

/** What there is to follow only when its order is settled, or never; settling reads all that these events tell of. */
const reasons: Partial<Record<SettleOutcome['outcome'], string>> = {
  held: 'Its order waits for staff',
  waiting: 'The bank is being asked for its first payment',
  failed: 'Its first payment failed',
}

/** By the database, since a process may open several houses. */
const turnsOf = new WeakMap<CheckoutDeps['db'], SharedTurns<Effect>>()

/**
 * Events about a subscription can come before the one that settles its order: then settle that first. A renewal tells of
 * itself in several events at once: those that wait for the same subscription are answered by one look at it.
 */
export function followOrSettle(deps: CheckoutDeps, subscriptionId: string): Promise<Effect> {
  const turns = turnsOf.get(deps.db) ?? new SharedTurns<Effect>()
  turnsOf.set(deps.db, turns)
  return turns.take(subscriptionId, () => followOrSettleNow(deps, subscriptionId))
}

async function followOrSettleNow(deps: CheckoutDeps, subscriptionId: string): Promise<Effect> {
  const first = await followSubscription(deps, subscriptionId)
  if (first.outcome === 'foreign') return foreign
  if (first.outcome !== 'unknown') return applied
  const { data } = await deps.stripe.checkout.sessions.list({ subscription: subscriptionId, limit: 1 })
  if (!data[0]) return { ignored: 'No Checkout Session of ours began it' }
  const settled = await settle(deps, data[0].id)
  // Stripe may have been asking the bank again when this was tried before.
  if (settled.outcome === 'failed') await queueEndUnpaid(deps.db, data[0].id)
  const reason = reasons[settled.outcome]
  if (reason) return { ignored: reason }
  const second = await followSubscription(deps, subscriptionId)
  // Another session paid for its order, or the order ended as paid back: staff are told, and no event will change it.
  if (second.outcome === 'unknown' && settled.outcome === 'already')
    return { ignored: 'Its order was not settled by it' }
  if (second.outcome === 'unknown') throw new Error(`subscription ${subscriptionId} has no settled order yet`)
  return second.outcome === 'foreign' ? foreign : applied
}
