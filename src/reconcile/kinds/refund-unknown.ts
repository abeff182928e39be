import { formatMoney } from '../../money/format-money.ts'
import { findRefund, listKnownRefunds } from '../../orders/refunds.ts'
import { findOrderByPaymentIntent, lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { idOf, orNull } from '../../stripe/client.ts'
import { CannotMend, type Kind } from '../kind.ts'
import { tellAgain } from '../tell-again.ts'
import { listUnknown } from './list-unknown.ts'
import { noDifference } from './no-difference.ts'

/** A refund of a payment of ours that we do not have. */
export const refundUnknown: Kind = {
  title: 'A refund that we lack',
  find: { refunds: (scan, refunds) => listUnknown(scan, refunds, listKnownRefunds) },
  look: async (deps, refundId) => {
    const refund = await orNull(deps.stripe.refunds.retrieve(refundId))
    const intentId = idOf(refund?.payment_intent)
    if (!refund || !intentId) return noDifference
    const amount = formatMoney(fromStripeAmount(refund.amount, refund.currency), deps.installation.locale)
    return async (tx) => {
      const found = await findOrderByPaymentIntent(tx, intentId)
      const order = found && (await lockOrder(tx, found.id))
      if (!order || (await findRefund(tx, refundId))) return null
      return {
        orderId: order.id,
        stripeSays: `Refund ${refundId} of ${amount}: ${refund.status}`,
        weSay: `Order ${order.number} has no such refund`,
        fix: 'Record it; a full refund closes what the order opened.',
      }
    }
  },
  fixes: [
    {
      name: 'record',
      label: 'Record the refund',
      apply: async (deps, { subject }) => {
        const intentId = idOf((await deps.stripe.refunds.retrieve(subject)).payment_intent)
        if (!intentId) throw new CannotMend('It is no refund of a payment.')
        await tellAgain(deps, 'refund.updated', subject, { payment_intent: intentId })
      },
    },
  ],
}
