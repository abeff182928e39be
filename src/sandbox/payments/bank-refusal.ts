import type { ErrorBody } from '../wire/api-error.ts'
import type { Decline } from './test-cards.ts'

/** What the bank advises, by reason: https://docs.stripe.com/declines/codes (read 2026-11-22). */
const advice: Record<string, 'do_not_try_again' | 'confirm_card_data' | 'try_again_later'> = {
  fraudulent: 'do_not_try_again',
  incorrect_cvc: 'confirm_card_data',
  lost_card: 'do_not_try_again',
  stolen_card: 'do_not_try_again',
}

/** The error that a bank's refusal is reported as. */
export function bankRefusal(decline: Decline): ErrorBody & { type: 'card_error'; code: string } {
  return {
    type: 'card_error',
    code: decline.code,
    ...(decline.code === 'card_declined' || decline.code === 'authentication_required'
      ? { decline_code: decline.decline }
      : {}),
    advice_code: adviceOn(decline),
    message: decline.message,
    ...(decline.code === 'incorrect_cvc' ? { param: 'cvc' } : {}),
    ...(decline.code === 'expired_card' ? { param: 'exp_month' } : {}),
  }
}

export function adviceOn(decline: Decline): 'do_not_try_again' | 'confirm_card_data' | 'try_again_later' {
  return advice[decline.decline] ?? 'try_again_later'
}

/** A bank that wants to see the payer, who is not there. */
export const authenticationRequired: Decline = {
  code: 'authentication_required',
  decline: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}
