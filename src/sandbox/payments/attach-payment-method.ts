import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { taken } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { bankRefusal } from './bank-refusal.ts'
import { presetPaymentMethod } from './preset-payment-methods.ts'
import { findTestCard } from './test-cards.ts'

/**
 * Gives a payment method to a customer; `id` may be one of the API's ready-made ones such as `pm_card_visa`. Throws the
 * API's 402 when the bank will not have the card stored, 400 when it belongs to someone else.
 */
export async function attachPaymentMethod(
  work: Work,
  id: string,
  customer: string,
): Promise<Shapes['payment_method']> {
  const method =
    presetPaymentMethod(work, id) ?? (await taken(work, 'payment_method', id, 'payment_method')).data
  if (method.customer === customer) return method
  if (method.customer) {
    throw invalid(
      'The payment method you provided has already been attached to a customer.',
      'payment_method',
      'payment_method_unexpected_state',
    )
  }
  const stored = await work.find('payment_method', method.id)
  const refusal = findTestCard(stored?.hidden.number ?? '')?.store
  if (refusal) throw new ApiError(402, bankRefusal(refusal))
  const attached = work.change('payment_method', method.id, { customer })
  work.tell('payment_method.attached', attached)
  return attached
}
