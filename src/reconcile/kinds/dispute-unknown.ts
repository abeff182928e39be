import { formatMoney } from '../../money/format-money.ts'
import { findDispute, listKnownDisputes } from '../../orders/disputes.ts'
import { findOrderByPaymentIntent, lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { idOf, orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind } from '../kind.ts'
import { tellAgain } from '../tell-again.ts'
import { listUnknown } from './list-unknown.ts'
import { noDifference } from './no-difference.ts'

/** A dispute over a payment of ours that we do not have. */
export const disputeUnknown: Kind = {
  title: 'A dispute that we lack',
  find: { disputes: (scan, disputes) => listUnknown(scan, disputes, listKnownDisputes) },
  look: async (deps, disputeId) => {
    const dispute = await orNull(deps.stripe.disputes.retrieve(disputeId))
    const intentId = idOf(dispute?.payment_intent)
    if (!dispute || !intentId) return noDifference
    const amount = formatMoney(fromStripeAmount(dispute.amount, dispute.currency), deps.installation.locale)
    return async (tx) => {
      const found = await findOrderByPaymentIntent(tx, intentId)
      const order = found && (await lockOrder(tx, found.id))
      if (!order || (await findDispute(tx, disputeId))) return null
      return {
        orderId: order.id,
        stripeSays: `Dispute ${disputeId} over ${amount}: ${dispute.status.replaceAll('_', ' ')}`,
        weSay: `Order ${order.number} has no such dispute`,
        fix: 'Record it; what the order opened waits while it is open.',
      }
    }
  },
  fixes: [
    {
      name: 'record',
      label: 'Record the dispute',
      apply: (deps, { subject }) => tellOfDispute(deps, subject),
    },
  ],
}

/** Brings a dispute to what Stripe says now. */
export async function tellOfDispute(deps: ReconcileDeps, disputeId: string): Promise<void> {
  const intentId = idOf((await deps.stripe.disputes.retrieve(disputeId)).payment_intent)
  if (!intentId) throw new CannotMend('It is over no payment.')
  await tellAgain(deps, 'charge.dispute.updated', disputeId, { payment_intent: intentId })
}
