import type { Transaction } from '../../db/database.ts'
import { lockOrder } from '../../orders/store.ts'
import { findByStripePrice } from '../../plans/store.ts'
import { orNull } from '../../stripe/client.ts'
import { nextReadNumber } from '../../stripe/read-number.ts'
import { endsAtOf, readSubscription, type SubscriptionFacts } from '../../subscriptions/read-subscription.ts'
import { lockSubscription } from '../../subscriptions/store.ts'
import type { Subscription } from '../../subscriptions/subscription.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind } from '../kind.ts'
import type { Scan, Things } from '../sources/source.ts'
import { tellAgain } from '../tell-again.ts'
import { noDifference } from './no-difference.ts'

/** A subscription in another state, paid until another moment, or for another plan. */
export const subscriptionDiffers: Kind = {
  title: 'A subscription that differs',
  find: { subscriptions: listOthers },
  look: async (deps, subscriptionId) => {
    const readNumber = await nextReadNumber(deps.db)
    const facts = await orNull(readSubscription(deps.stripe, subscriptionId))
    if (!facts) return noDifference
    const { orderId } = facts
    return async (tx) => {
      if (orderId) await lockOrder(tx, orderId)
      const known = await lockSubscription(tx, subscriptionId)
      // A later read was faster: whoever made it has written what it says.
      if (!known || known.readNumber > readNumber) return null
      const pairs = await compare(tx, deps, known, facts)
      if (pairs.length === 0) return null
      const side = (text: (pair: Pair) => string) => pairs.map(text).join('; ')
      return {
        orderId: known.orderId,
        stripeSays: side(({ what, said }) => `${what}: ${said}`),
        weSay: side(({ what, our }) => `${what}: ${our}`),
        fix: 'Take over what Stripe says.',
      }
    }
  },
  fixes: [
    {
      name: 'follow',
      label: 'Take over what Stripe says',
      apply: (deps, { subject }) => tellAgain(deps, 'customer.subscription.updated', subject),
    },
  ],
}

interface Pair {
  what: string
  said: string
  our: string
}

/** Where the two differ. A price that is none of ours is another difference. */
async function compare(
  tx: Transaction,
  { calendar }: ReconcileDeps,
  known: Subscription,
  facts: SubscriptionFacts,
): Promise<Pair[]> {
  const day = (at: Date | null) => (at ? calendar.time(at).text : 'never')
  const pairs: Pair[] = [
    { what: 'state', said: facts.state, our: known.state },
    { what: 'paid until', said: day(facts.paidUntil ?? known.paidUntil), our: day(known.paidUntil) },
    { what: 'ends', said: day(facts.endsAt), our: day(known.endsAt) },
    { what: 'ended', said: day(facts.endedAt), our: day(known.endedAt) },
  ]
  const sold = facts.stripePriceIds[0] ? await findByStripePrice(tx, facts.stripePriceIds[0]) : null
  if (sold && facts.stripePriceIds.length === 1) {
    const ours = await tx.selectFrom('plans').select('name').where('id', '=', known.planId).executeTakeFirst()
    const same = sold.price.id === known.priceId && sold.plan.id === known.planId
    if (!same)
      pairs.push({ what: 'plan', said: `${sold.plan.name} (${sold.price.id})`, our: ours?.name ?? '' })
  }
  return pairs.filter(({ said, our }) => said !== our)
}

/** By the list alone: what is paid until is the end of the period, or its beginning while its renewal is not paid. */
async function listOthers({ db }: Scan, subscriptions: Things['subscriptions'][]): Promise<string[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .innerJoin('prices', 'prices.id', 'subscriptions.price_id')
    .select(['stripe_subscription_id as id', 'state', 'paid_until', 'ends_at', 'prices.stripe_price_id'])
    .where(
      'stripe_subscription_id',
      'in',
      subscriptions.map(({ id }) => id),
    )
    .execute()
  const ours = new Map(rows.map((row) => [row.id, row]))
  const differs = (subscription: Things['subscriptions']) => {
    const our = ours.get(subscription.id)
    const item = subscription.items.data[0]
    if (!our || !item) return false
    const paidUntil = our.paid_until.getTime() / 1000
    return (
      our.state !== subscription.status ||
      our.ends_at?.getTime() !== endsAtOf(subscription)?.getTime() ||
      our.stripe_price_id !== item.price.id ||
      ![item.current_period_start, item.current_period_end].includes(paidUntil)
    )
  }
  return subscriptions.filter(differs).map(({ id }) => id)
}
