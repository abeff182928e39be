import { declareDuplicate } from '../../checkout/declare-duplicate.ts'
import { undoDuplicate } from '../../checkout/undo-duplicate.ts'
import type { Transaction } from '../../db/database.ts'
import { findOrder, lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import { listSubscriptionsOf, lockSubscription } from '../../subscriptions/store.ts'
import { hasEnded, isLiving, overlapping, type Subscription } from '../../subscriptions/subscription.ts'
import { CannotMend, type Kind } from '../kind.ts'
import type { OurSubscription, Scan } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'

/** The later of two living subscriptions of one reader to the same. */
export const subscriptionDouble: Kind = {
  title: 'Two subscriptions to the same',
  find: { 'our subscriptions': listLater },
  look: async (deps, subscriptionId) => {
    const subscription = await orNull(deps.stripe.subscriptions.retrieve(subscriptionId))
    if (!subscription || hasEnded(subscription.status)) return noDifference
    const { order: orderId } = subscription.metadata
    if (!orderId) return noDifference
    return async (tx) => {
      // The order first, as everywhere: two that took them in different orders would wait for each other.
      const laterOrder = await lockOrder(tx, orderId)
      const later = await lockSubscription(tx, subscriptionId)
      const earlier = later && (await findEarlier(tx, later))
      if (!earlier) return null
      const earlierOrder = await findOrder(tx, earlier.orderId)
      return {
        orderId: later.orderId,
        stripeSays: `Subscription ${subscriptionId} is ${subscription.status}, and so is ${earlier.stripeSubscriptionId}`,
        weSay: `Order ${laterOrder?.number} sold what the reader had from ${earlierOrder?.number}`,
        fix: 'Cancel the later one and pay it back.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel the later one and pay it back',
      confirm:
        'At Stripe, the later subscription is cancelled and all that was paid for it goes back: to the card what was charged, to the reader’s credit what that paid.',
      apply: async (deps, { orderId }) => {
        if (!orderId) throw new CannotMend('It belongs to no order.')
        await declareDuplicate(deps, orderId)
        await undoDuplicate(deps, orderId)
      },
    },
  ],
}

async function listLater({ db }: Scan, subscriptions: OurSubscription[]): Promise<string[]> {
  const living = subscriptions.filter(({ state, duplicate }) => isLiving(state) && !duplicate)
  if (living.length === 0) return []
  const rows = await db
    .selectFrom('subscriptions')
    .select(['reader_id', 'opens', 'started_at', 'state', 'stripe_subscription_id as id'])
    .where('duplicate', '=', false)
    .where(
      'reader_id',
      'in',
      living.map(({ readerId }) => readerId),
    )
    .execute()
  return living
    .filter((one) =>
      rows.some(
        (other) =>
          other.reader_id === one.readerId &&
          other.id !== one.stripeSubscriptionId &&
          isLiving(other.state) &&
          other.started_at <= one.startedAt &&
          other.opens.some((collection) => one.opens.includes(collection)),
      ),
    )
    .map(({ stripeSubscriptionId }) => stripeSubscriptionId)
}

async function findEarlier(tx: Transaction, later: Subscription): Promise<Subscription | null> {
  if (!isLiving(later.state) || later.duplicate) return null
  const others = overlapping(await listSubscriptionsOf(tx, later.readerId), later.opens)
  const isEarlier = (other: Subscription) =>
    other.startedAt < later.startedAt || (other.startedAt <= later.startedAt && other.id < later.id)
  return others.find((other) => other.id !== later.id && isEarlier(other)) ?? null
}
