import { recordFailedPayment } from '../../checkout/record-failed-payment.ts'
import { applied, foreign, type Handler } from './effect.ts'

/** checkout.session.async_payment_failed: a slow payment method said no after the reader had left the page. */
export const onPaymentFailed: Handler = async (deps, event) => {
  return (await recordFailedPayment(deps, event.objectId)) ? applied : foreign
}
