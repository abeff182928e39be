import { readSession } from '../../checkout/read-session.ts'
import { isWhatPaid } from '../../checkout/settle.ts'
import { formatMoney } from '../../money/format-money.ts'
import { nextState } from '../../orders/order.ts'
import { lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import type { Kind } from '../kind.ts'
import { isPaidBack } from '../pay-back.ts'
import type { Scan, SessionThing } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'
import { payBackSession, whatPaid } from './session-unsettled.ts'

/** A second session of an order that was paid too. */
export const paidTwice: Kind = {
  title: 'Paid twice',
  find: { sessions: listOthers },
  look: async (deps, sessionId) => {
    const session = await orNull(readSession(deps.stripe, sessionId))
    if (!session?.orderId || session.payment !== 'paid') return noDifference
    if (await isPaidBack(deps.stripe, whatPaid(session))) return noDifference
    const { orderId, total } = session
    return async (tx) => {
      const order = await lockOrder(tx, orderId)
      if (!order || nextState(order.state, 'paid') === 'paid' || isWhatPaid(order, session)) return null
      return {
        orderId,
        stripeSays: `Checkout Session ${session.id} is paid too, ${formatMoney(total, deps.installation.locale)}`,
        weSay: `${order.number} was paid by ${order.stripePaymentIntentId ?? order.stripeSubscriptionId}`,
        fix: 'Cancel what this session began, and pay it back.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm:
        'At Stripe, what this second session began is cancelled, and what it took goes back to the card.',
      apply: (deps, task) => payBackSession(deps, task.subject, task),
    },
  ],
}

/** Paid sessions of settled orders that were paid by something else. */
async function listOthers({ db }: Scan, sessions: SessionThing[]): Promise<string[]> {
  const paid = sessions.filter(({ facts }) => facts.payment === 'paid')
  if (paid.length === 0) return []
  const orders = await db
    .selectFrom('orders')
    .select(['id', 'state', 'stripe_subscription_id', 'stripe_payment_intent_id'])
    .where(
      'id',
      'in',
      paid.map(({ orderId }) => orderId),
    )
    .execute()
  const byId = new Map(orders.map((order) => [order.id, order]))
  const others = paid.filter(({ orderId, subscriptionId, facts }) => {
    const order = byId.get(orderId)
    if (!order || nextState(order.state, 'paid') === 'paid') return false
    const differs = subscriptionId
      ? subscriptionId !== order.stripe_subscription_id
      : facts.paymentIntentId !== order.stripe_payment_intent_id
    return differs
  })
  return others.map(({ facts }) => facts.id)
}
