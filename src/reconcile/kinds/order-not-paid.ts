import { formatMoney } from '../../money/format-money.ts'
import { isZero } from '../../money/money.ts'
import { nextState, orderStateTexts } from '../../orders/order.ts'
import { findOrderByNumber, lockOrder } from '../../orders/store.ts'
import type { Kind } from '../kind.ts'
import { strikeOrder } from '../strike.ts'
import { noDifference } from './no-difference.ts'
import { readPaidSession } from './session-differs.ts'

/** An order that we take for paid, and Stripe has no paid session of it. */
export const orderNotPaid: Kind = {
  title: 'Paid with us, not at Stripe',
  find: {
    'our orders': async ({ seen }, orders) => {
      const paid = orders.filter(({ state }) => nextState(state, 'paid') !== 'paid')
      const met = await seen(paid.map(({ id }) => id))
      return paid.filter(({ id }) => !met.has(id)).map(({ number }) => number)
    },
  },
  look: async (deps, number) => {
    const known = await findOrderByNumber(deps.db, number)
    if (!known || (await readPaidSession(deps, number))) return noDifference
    return async (tx) => {
      const order = await lockOrder(tx, known.id)
      if (!order || nextState(order.state, 'paid') === 'paid') return null
      const total = isZero(order.total) ? 'nothing' : formatMoney(order.total, deps.installation.locale)
      return {
        orderId: order.id,
        stripeSays: 'No Checkout Session of this order is paid',
        weSay: `Order ${number}: ${orderStateTexts[order.state]}, ${total}`,
        fix: 'Ask the reader and your bank. Where no money came, take the payment off our books: what it opened closes.',
      }
    }
  },
  fixes: [
    {
      name: 'strike',
      label: 'Take it off our books',
      confirm: 'The order becomes unpaid, and what it opened closes. Nothing happens at Stripe.',
      apply: (deps, { orderId, by }) => strikeOrder(deps, orderId, by),
    },
  ],
}
