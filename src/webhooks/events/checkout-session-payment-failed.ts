import { settle } from '../../checkout/settle.ts'
import { applied, foreign, type Handler } from './effect.ts'

/**
 * checkout.session.async_payment_failed: a slow payment method said no after the reader had left the page. A session that
 * is not paid looks the same before and after that; the event's type is what tells.
 */
export const onPaymentFailed: Handler = async (deps, event) => {
  const { outcome } = await settle(deps, event.objectId, { bankRefused: true })
  return outcome === 'foreign' ? foreign : applied
}
