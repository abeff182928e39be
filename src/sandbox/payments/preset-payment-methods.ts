import { yearOf } from '../billing/periods.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { addBankAccount } from './add-bank-account.ts'
import { addPaymentMethod } from './add-payment-method.ts'
import { presetAccount } from './test-accounts.ts'
import { findTestCard } from './test-cards.ts'

/** Ready-made payment methods and the cards behind them: https://docs.stripe.com/testing (read 2026-11-22). */
const presets: Record<string, string> = {
  pm_card_amex: '378282246310005',
  pm_card_authenticationRequired: '4000002760003184',
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: '4000008260003178',
  pm_card_authenticationRequiredOnSetup: '4000002500003155',
  pm_card_authenticationRequiredSetupForOffSession: '4000003800000446',
  pm_card_bypassPending: '4000000000000077',
  pm_card_chargeCustomerFail: '4000000000000341',
  pm_card_chargeDeclined: '4000000000000002',
  pm_card_chargeDeclinedExpiredCard: '4000000000000069',
  pm_card_chargeDeclinedIncorrectCvc: '4000000000000127',
  pm_card_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedLostCard: '4000000000009987',
  pm_card_chargeDeclinedProcessingError: '4000000000000119',
  pm_card_chargeDeclinedStolenCard: '4000000000009979',
  pm_card_chargeDeclinedVelocityLimitExceeded: '4000000000006975',
  pm_card_createDispute: '4000000000000259',
  pm_card_createDisputeInquiry: '4000000000001976',
  pm_card_createDisputeProductNotReceived: '4000000000002685',
  pm_card_discover: '6011111111111117',
  pm_card_mastercard: '5555555555554444',
  pm_card_mastercard_debit: '5200828282828210',
  pm_card_pendingRefund: '4000000000007726',
  pm_card_radarBlock: '4100000000000019',
  pm_card_refundFail: '4000000000005126',
  pm_card_threeDSecure2Required: '4000000000003220',
  pm_card_threeDSecureOptional: '4000000000003055',
  pm_card_visa: '4242424242424242',
  pm_card_visa_debit: '4000056655665556',
}

/** A new payment method for the name of a ready-made one; null for any other id. */
export function presetPaymentMethod(work: Work, id: string): Shapes['payment_method'] | null {
  const account = presetAccount(id)
  if (account) return addBankAccount(work, account, { name: 'Jenny Rosen', email: null })
  const card = findTestCard(presets[id] ?? '')
  if (!card) return null
  return addPaymentMethod(work, {
    card,
    expMonth: 12,
    expYear: yearOf(work.now) + 4,
    name: null,
    email: null,
  })
}
