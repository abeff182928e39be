import { formatMoney } from '../../money/format-money.ts'
import { readTaken } from '../ask.ts'
import type { Kind } from '../kind.ts'
import { strikePayment } from '../strike.ts'
import { noDifference } from './no-difference.ts'
import { lockPayment } from './payment-differs.ts'

/** A payment with us of which Stripe knows nothing. */
export const paymentGone: Kind = {
  title: 'A payment that Stripe lacks',
  find: {
    'our payments': async ({ seen }, payments) => {
      const ids = payments.flatMap((one) => [one.stripeSourceId, one.stripePaymentIntentId ?? ''])
      const met = await seen(ids)
      return payments.map((one) => one.stripeSourceId).filter((id) => !met.has(id))
    },
  },
  look: async (deps, sourceId) => {
    if (await readTaken(deps.stripe, sourceId)) return noDifference
    return async (tx) => {
      const payment = await lockPayment(tx, sourceId)
      if (!payment) return null
      const amount = formatMoney(payment.amount, deps.installation.locale)
      return {
        orderId: payment.orderId,
        stripeSays: `Nothing was taken for ${sourceId}`,
        weSay: `Order ${payment.order.number} has a payment of ${amount} for it`,
        fix: 'Where no money came, take the payment off our books.',
      }
    }
  },
  fixes: [
    {
      name: 'strike',
      label: 'Take it off our books',
      confirm:
        'The payment is removed here; an order without another becomes unpaid, and what it opened closes. Nothing happens at Stripe.',
      apply: (deps, { orderId, subject, by }) => strikePayment(deps, orderId, subject, by),
    },
  ],
}
