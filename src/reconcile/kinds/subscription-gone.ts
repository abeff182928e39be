import { inTransaction } from '../../db/database.ts'
import { spanOf } from '../../entitlements/entitlement.ts'
import { moveEntitlements } from '../../entitlements/follow-subscription.ts'
import { writeHistory } from '../../orders/history.ts'
import { findOrder, lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import { nextReadNumber } from '../../stripe/read-number.ts'
import { lockSubscription, updateSubscription } from '../../subscriptions/store.ts'
import { isLiving, type Subscription, stateText } from '../../subscriptions/subscription.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind, Task } from '../kind.ts'
import { noDifference } from './no-difference.ts'

/** A subscription that we think alive, and Stripe does not have. */
export const subscriptionGone: Kind = {
  title: 'A subscription that Stripe lacks',
  find: {
    'our subscriptions': async ({ seen }, subscriptions) => {
      const ids = subscriptions.filter(({ state }) => isLiving(state)).map((one) => one.stripeSubscriptionId)
      const met = await seen(ids)
      return ids.filter((id) => !met.has(id))
    },
  },
  look: async (deps, subscriptionId) => {
    if (await orNull(deps.stripe.subscriptions.retrieve(subscriptionId))) return noDifference
    return async (tx) => {
      const subscription = await lockSubscription(tx, subscriptionId)
      if (!subscription || !isLiving(subscription.state)) return null
      const order = await findOrder(tx, subscription.orderId)
      return {
        orderId: subscription.orderId,
        stripeSays: `There is no subscription ${subscriptionId}`,
        weSay: `Order ${order?.number}: ${stateText(subscription)}`,
        fix: 'End it here: nothing will be charged for it any more.',
      }
    }
  },
  fixes: [
    {
      name: 'end',
      label: 'End it here',
      confirm: 'The subscription ends now, and with it what it opens. Nothing happens at Stripe.',
      apply: end,
    },
  ],
}

async function end(deps: ReconcileDeps, { subject, orderId, by }: Task): Promise<void> {
  const readNumber = await nextReadNumber(deps.db)
  await inTransaction(deps.db, async (tx) => {
    if (orderId) await lockOrder(tx, orderId)
    const known = await lockSubscription(tx, subject)
    if (!known || !isLiving(known.state)) return
    const ended: Subscription = { ...known, state: 'canceled', endedAt: deps.clock(), readNumber }
    await updateSubscription(tx, ended)
    await moveEntitlements(tx, ended, spanOf(ended, deps.grace))
    const text = `Subscription ended here, since Stripe has none (${by})`
    await writeHistory(tx, known.orderId, { at: deps.clock(), text, by: 'staff' })
  })
}
