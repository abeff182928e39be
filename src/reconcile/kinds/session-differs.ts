import { compareSession } from '../../checkout/compare-session.ts'
import { readSession } from '../../checkout/read-session.ts'
import { listSessionIds } from '../../checkout/sessions.ts'
import { settle } from '../../checkout/settle.ts'
import { nextState } from '../../orders/order.ts'
import { findOrderByNumber, lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind } from '../kind.ts'
import { noDifference } from './no-difference.ts'
import { listUnsettled, payBackSession } from './session-unsettled.ts'

/** A paid session that sold something else than its order: settling holds it and writes it down. */
export const sessionDiffers: Kind = {
  title: 'Paid, but not what was ordered',
  find: {
    sessions: async (scan, sessions) => {
      const ids = (await listUnsettled(scan, sessions)).map(({ orderId }) => orderId)
      if (ids.length === 0) return []
      const orders = await scan.db.selectFrom('orders').select('number').where('id', 'in', ids).execute()
      return orders.map(({ number }) => number)
    },
  },
  look: async (deps, number) => {
    const session = await readPaidSession(deps, number)
    if (!session) return noDifference
    return async (tx) => {
      const order = session.orderId ? await lockOrder(tx, session.orderId) : null
      if (!order || nextState(order.state, 'paid') !== 'paid') return null
      const difference = compareSession(order, session, deps.installation.locale)
      const fix = `Compare order ${order.number} with Checkout Session ${session.id}, then pay it back.`
      return difference && { orderId: order.id, ...difference, fix }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm:
        'At Stripe, its subscription is cancelled and all that was paid for it goes back to the card; the order ends as refunded.',
      apply: async (deps, task) => {
        const session = await readPaidSession(deps, task.subject)
        if (session) await payBackSession(deps, session.id, task)
      },
    },
    {
      name: 'settlement',
      label: 'Compare and settle again',
      apply: async (deps, task) => {
        const session = await readPaidSession(deps, task.subject)
        if (session) await settle(deps, session.id)
      },
    },
  ],
}

/** The paid one of an order's sessions, as Stripe has it now; null: none is. */
export async function readPaidSession(deps: ReconcileDeps, number: string) {
  const order = await findOrderByNumber(deps.db, number)
  for (const id of order ? await listSessionIds(deps.db, order.id) : []) {
    const session = await orNull(readSession(deps.stripe, id))
    if (session?.payment === 'paid') return session
  }
  return null
}
