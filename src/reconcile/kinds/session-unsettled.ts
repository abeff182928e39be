import { compareSession } from '../../checkout/compare-session.ts'
import { readSession, type SessionFacts } from '../../checkout/read-session.ts'
import { recordPaidBack } from '../../checkout/record-paid-back.ts'
import { formatMoney } from '../../money/format-money.ts'
import { nextState, orderStateTexts } from '../../orders/order.ts'
import { lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind, Task, Weigh } from '../kind.ts'
import { isPaidBack, payBack, type Undone } from '../pay-back.ts'
import type { Scan, SessionThing } from '../sources/source.ts'
import { tellAgain } from '../tell-again.ts'
import { noDifference } from './no-difference.ts'

/** A paid session whose order is not paid, or is not here. What was paid and is not what was ordered is session_differs. */
export const sessionUnsettled: Kind = {
  title: 'Paid at Stripe, not with us',
  find: {
    sessions: async (scan, sessions) => (await listUnsettled(scan, sessions)).map(({ facts }) => facts.id),
  },
  look: async (deps, sessionId) => {
    const session = await orNull(readSession(deps.stripe, sessionId))
    if (!session?.orderId || session.payment !== 'paid') return noDifference
    return weigh(deps, session, session.orderId, await isPaidBack(deps.stripe, whatPaid(session)))
  },
  fixes: [
    {
      name: 'settlement',
      label: 'Settle the order',
      apply: (deps, { subject }) => tellAgain(deps, 'checkout.session.completed', subject),
    },
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm: 'At Stripe, its subscription is cancelled and all that was paid for it goes back to the card.',
      apply: (deps, task) => payBackSession(deps, task.subject, task),
    },
  ],
}

/** The paid ones among them whose order would become paid by settling, or is none of ours. */
export async function listUnsettled({ db }: Scan, sessions: SessionThing[]): Promise<SessionThing[]> {
  const paid = sessions.filter(({ facts }) => facts.payment === 'paid')
  if (paid.length === 0) return []
  const ids = paid.map(({ orderId }) => orderId)
  const orders = await db.selectFrom('orders').select(['id', 'state']).where('id', 'in', ids).execute()
  const states = new Map(orders.map(({ id, state }) => [id, state]))
  return paid.filter(({ orderId }) => {
    const state = states.get(orderId)
    return !state || nextState(state, 'paid') === 'paid'
  })
}

function weigh(deps: ReconcileDeps, session: SessionFacts, orderId: string, paidBack: boolean): Weigh {
  const { locale } = deps.installation
  const stripeSays = `Checkout Session ${session.id} is paid, ${formatMoney(session.total, locale)}`
  return async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order && paidBack) return null
    if (!order) {
      const fix = 'Cancel and pay it back, or bring back the order from a copy of the database.'
      return { orderId: null, stripeSays, weSay: `We have no order ${orderId}`, fix }
    }
    if (nextState(order.state, 'paid') !== 'paid' || compareSession(order, session, locale)) return null
    const weSay = `Order ${order.number}: ${orderStateTexts[order.state]}`
    return { orderId, stripeSays, weSay, fix: 'Settle the order; what was bought opens then.' }
  }
}

/** Undoes at Stripe what a session sold; an order that it never settled then ends as paid back. */
export async function payBackSession(deps: ReconcileDeps, sessionId: string, task: Task): Promise<void> {
  const session = await readSession(deps.stripe, sessionId)
  await payBack(deps, whatPaid(session), task)
  await recordPaidBack(deps, session)
}

/** The subscription that a session began, or its one payment. */
export function whatPaid({ subscription, paymentIntentId }: SessionFacts): Undone {
  return { subscriptionId: subscription?.id ?? null, paymentIntentId }
}
