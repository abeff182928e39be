import { undoDuplicate } from '../../checkout/undo-duplicate.ts'
import { formatMoney } from '../../money/format-money.ts'
import { isZero } from '../../money/money.ts'
import { findOrder, lockOrder } from '../../orders/store.ts'
import { lockSubscription } from '../../subscriptions/store.ts'
import { listIntents, orNull, readLeft } from '../ask.ts'
import { CannotMend, type Kind } from '../kind.ts'
import { noDifference } from './no-difference.ts'

/** A duplicate that still lives at Stripe, or whose money has not gone back: its refund failed, or its dispute was won. */
export const duplicateNotPaidBack: Kind = {
  title: 'Bought twice, and not undone',
  find: {
    'our subscriptions': async (_, subscriptions) =>
      subscriptions.filter(({ duplicate }) => duplicate).map((one) => one.stripeSubscriptionId),
  },
  look: async (deps, subscriptionId) => {
    const subscription = await orNull(deps.stripe.subscriptions.retrieve(subscriptionId))
    const lives = subscription !== null && subscription.status !== 'canceled'
    const left = []
    for (const intent of await listIntents(deps.stripe, { subscriptionId, paymentIntentId: null }))
      left.push((await readLeft(deps.stripe, intent)).left)
    const open = left.filter((amount) => !isZero(amount))
    if (!lives && open.length === 0) return noDifference
    const amounts = open.map((amount) => formatMoney(amount, deps.installation.locale)).join(' and ')
    return async (tx) => {
      const known = await lockSubscription(tx, subscriptionId)
      const order = known?.duplicate ? await lockOrder(tx, known.orderId) : null
      // While it is disputed the bank has its money, and Stripe refunds nothing.
      if (!order || (!lives && order.state === 'disputed')) return null
      return {
        orderId: order.id,
        stripeSays: lives ? `Subscription ${subscriptionId} goes on` : `${amounts} have not gone back`,
        weSay: `Order ${order.number} was bought twice: to be cancelled and paid back`,
        fix: 'Undo it again.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm: 'At Stripe, the duplicate is cancelled and what was paid for it goes back to the card.',
      apply: async (deps, { orderId }) => {
        const order = orderId ? await findOrder(deps.db, orderId) : null
        if (!order) throw new CannotMend('It belongs to no order.')
        await undoDuplicate(deps, order.id)
      },
    },
  ],
}
