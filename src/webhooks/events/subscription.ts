import type { CheckoutDeps } from '../../checkout/deps.ts'
import { settle } from '../../checkout/settle.ts'
import { followSubscription } from '../../entitlements/follow-subscription.ts'
import { applied, type Effect, foreign, type Handler } from './effect.ts'

/** customer.subscription.*: its id is the object's. */
export const onSubscription: Handler = (deps, event) => follow(deps, event.objectId)

/** invoice.*: what it bills is under `parent`; an invoice of no subscription is none of ours. */
export const onInvoice: Handler = async (deps, event) => {
  const subscriptionId = event.refersTo.subscription
  return subscriptionId ? follow(deps, subscriptionId) : { ignored: 'Not for a subscription' }
}

/** Events about a subscription can come before the one that settles its order: then settle that first. */
async function follow(deps: CheckoutDeps, subscriptionId: string): Promise<Effect> {
  const first = await followSubscription(deps, subscriptionId)
  if (first.outcome === 'foreign') return foreign
  if (first.outcome !== 'unknown') return applied
  const { data } = await deps.stripe.checkout.sessions.list({ subscription: subscriptionId, limit: 1 })
  if (!data[0]) return { ignored: 'No Checkout Session of ours began it' }
  const settled = await settle(deps, data[0].id)
  if (settled.outcome === 'held') return { ignored: 'Its order waits for staff' }
  const second = await followSubscription(deps, subscriptionId)
  if (second.outcome === 'unknown') throw new Error(`subscription ${subscriptionId} has no settled order yet`)
  return second.outcome === 'foreign' ? foreign : applied
}
