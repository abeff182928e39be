import { settle } from '../../checkout/settle.ts'
import { applied, foreign, type Handler } from './effect.ts'

/** checkout.session.*: whatever happened to the session, settling reads what it is now. */
export const onCheckoutSession: Handler = async (deps, event) => {
  const { outcome } = await settle(deps, event.objectId)
  return outcome === 'foreign' ? foreign : applied
}
