import type { Work } from '../objects/work.ts'
import { addPaymentMethod, type CardDetails } from '../payments/add-payment-method.ts'
import { confirmSetUp } from '../payments/confirm-setup.ts'
import { addSetUp } from '../payments/setup-intents.ts'
import { Refusal } from '../wire/endpoint.ts'

/**
 * Stores another card for a customer (taken) and pays with it from now on. Resolves to where the bank asks, if it does, or
 * to why it refused.
 */
export async function replaceCard(
  work: Work,
  customer: string,
  details: CardDetails,
  returnUrl: string,
): Promise<{ stored: true } | { bank: string } | { refused: string }> {
  const method = addPaymentMethod(work, details)
  const setUp = addSetUp(work, { customer, paymentMethod: null })
  work.hide('setup_intent', setUp.id, { defaultFor: customer })
  const confirmed = await confirmSetUp(work, setUp.id, {
    paymentMethod: method.id,
    returnUrl,
    mandate: false,
  })
  if (confirmed instanceof Refusal) return { refused: confirmed.error.message }
  if (confirmed.status === 'requires_action') return { bank: `/authenticate/${setUp.id}` }
  return { stored: true }
}
