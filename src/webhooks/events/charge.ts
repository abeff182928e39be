import { followCharges } from '../../orders/follow-charges.ts'
import { applied, type Handler } from './effect.ts'

/**
 * charge.updated: brings the balance transaction, and with it the fee. Where no order is known for it, it is not ours, or
 * is not settled yet; settling asks for the charge itself.
 */
export const onCharge: Handler = async (deps, event) => {
  const paymentIntentId = event.refersTo.payment_intent
  const orderId = paymentIntentId ? await followCharges(deps, paymentIntentId) : null
  return orderId ? applied : { ignored: 'It paid for no settled order' }
}
