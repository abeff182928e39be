import { formatMoney } from '../../money/format-money.ts'
import { isZero } from '../../money/money.ts'
import { listPaidIntents } from '../../orders/payments.ts'
import { findOrderByPaymentIntent, lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { orNull } from '../../stripe/client.ts'
import { readLeft } from '../ask.ts'
import type { Kind } from '../kind.ts'
import { payBack } from '../pay-back.ts'
import { isUuid } from '../sources/at-stripe.ts'
import type { ChargeThing, Scan } from '../sources/source.ts'
import { isOurs } from '../sources/stripe-list.ts'
import { noDifference } from './no-difference.ts'

/** A charge that bears our mark and belongs to no payment, nor to a session that could be settled. */
export const chargeUnknown: Kind = {
  title: 'A charge without an order',
  find: { charges: listUnknown },
  look: async (deps, intentId) => {
    const { stripe, installation } = deps
    const intent = await orNull(stripe.paymentIntents.retrieve(intentId))
    if (intent?.status !== 'succeeded' || !isOurs(deps, intent.metadata)) return noDifference
    const { data: sessions } = await stripe.checkout.sessions.list({ payment_intent: intentId, limit: 1 })
    if (isOurs(deps, sessions[0]?.metadata) || isZero((await readLeft(stripe, intentId)).left))
      return noDifference
    const amount = formatMoney(fromStripeAmount(intent.amount_received, intent.currency), installation.locale)
    const orderId = isUuid(intent.metadata.order ?? '') ? (intent.metadata.order ?? '') : null
    return async (tx) => {
      const order = orderId ? await lockOrder(tx, orderId) : null
      if (await findOrderByPaymentIntent(tx, intentId)) return null
      return {
        orderId: order?.id ?? null,
        stripeSays: `Payment intent ${intentId} took ${amount} in our name`,
        weSay: order ? `Order ${order.number} was not paid by it` : 'We have no order for it',
        fix: 'Find out what it was for; pay it back where nobody can tell.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Pay it back',
      confirm: 'At Stripe, all that is left of this charge goes back to the card.',
      apply: (deps, task) => payBack(deps, { subscriptionId: null, paymentIntentId: task.subject }, task),
    },
  ],
}

async function listUnknown({ db }: Scan, charges: ChargeThing[]): Promise<string[]> {
  const ids = charges.map(({ intent }) => intent.id)
  const known = await listPaidIntents(db, ids)
  return ids.filter((id) => !known.has(id))
}
