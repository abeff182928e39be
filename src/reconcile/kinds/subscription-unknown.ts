import { nextState } from '../../orders/order.ts'
import { lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import { toSubscriptionState } from '../../subscriptions/read-subscription.ts'
import { hasEnded, isLiving } from '../../subscriptions/subscription.ts'
import type { Kind } from '../kind.ts'
import { payBack } from '../pay-back.ts'
import { isUuid } from '../sources/at-stripe.ts'
import type { Scan, Things } from '../sources/source.ts'
import { isOurs } from '../sources/stripe-list.ts'
import { tellAgain } from '../tell-again.ts'
import { noDifference } from './no-difference.ts'

/** A subscription that lives at Stripe in our name, and that we do not have. */
export const subscriptionUnknown: Kind = {
  title: 'A subscription that we lack',
  find: { subscriptions: listUnknown },
  look: async (deps, subscriptionId) => {
    const subscription = await orNull(deps.stripe.subscriptions.retrieve(subscriptionId))
    if (!subscription || !isOurs(deps, subscription.metadata) || !lives(subscription)) return noDifference
    const { data: sessions } = await deps.stripe.checkout.sessions.list({
      subscription: subscriptionId,
      limit: 1,
    })
    const canSettle = sessions[0]?.payment_status === 'paid'
    const orderId = isUuid(subscription.metadata.order ?? '') ? (subscription.metadata.order ?? '') : null
    return async (tx) => {
      const order = orderId ? await lockOrder(tx, orderId) : null
      const known = await tx
        .selectFrom('subscriptions')
        .select('id')
        .where('stripe_subscription_id', '=', subscriptionId)
        .executeTakeFirst()
      // What is paid for and not settled yet is another difference.
      if (known || (order && canSettle && nextState(order.state, 'paid') === 'paid')) return null
      return {
        orderId: order?.id ?? null,
        stripeSays: `Subscription ${subscriptionId} is ${subscription.status}`,
        weSay: order ? `Order ${order.number} has no such subscription` : 'We have no order for it',
        fix: 'Take it over where its order can be settled; otherwise cancel it and pay it back.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm: 'At Stripe, the subscription is cancelled and all that was paid for it goes back to the card.',
      apply: (deps, task) => payBack(deps, { subscriptionId: task.subject, paymentIntentId: null }, task),
    },
    {
      name: 'follow',
      label: 'Take it over',
      apply: (deps, { subject }) => tellAgain(deps, 'customer.subscription.updated', subject),
    },
  ],
}

function lives({ status }: Things['subscriptions']): boolean {
  return isLiving(toSubscriptionState(status))
}

/** A status that Stripe added since must not stop the page that it is on: looking at the one subscription tells of it. */
function mayLive({ status }: Things['subscriptions']): boolean {
  return !hasEnded(status) && status !== 'incomplete'
}

async function listUnknown({ db }: Scan, subscriptions: Things['subscriptions'][]): Promise<string[]> {
  const ids = subscriptions.filter(mayLive).map(({ id }) => id)
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('subscriptions')
    .select('stripe_subscription_id as id')
    .where('stripe_subscription_id', 'in', ids)
    .execute()
  const known = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !known.has(id))
}
