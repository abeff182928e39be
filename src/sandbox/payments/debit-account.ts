import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { ibanOf, usAccountOf } from './add-bank-account.ts'
import { chargeOf } from './charge-fields.ts'
import { mandateFor } from './mandates.ts'
import { type DebitType, debitTypes, findTestAccount, noFundsInAccount } from './test-accounts.ts'

type Charge = Shapes['charge']

/**
 * Asks the bank for an intent's money (taken): it is processing until the bank answers some days later, see
 * end-debit.ts, which it does with a no where it `willFail`. Tells of the pending charge and the intent.
 */
export async function debitAccount(
  work: Work,
  intentId: string,
  method: Stored<'payment_method'>,
  type: DebitType,
  willFail: boolean,
): Promise<Shapes['payment_intent']> {
  const account = findTestAccount(type, method.hidden.number)
  if (!account) throw new Error(`payment method ${method.data.id} has a number that is no test account's`)
  const mandate = await mandateFor(work, method)
  const intent = work.held('payment_intent', intentId)
  const charge = chargeOf(work, intent, method.data, {
    status: 'pending',
    failure: null,
    outcome: pending,
    details: detailsOf(type, account.number, mandate),
  })
  work.put('charge', charge, {})
  work.tell('charge.pending', charge)
  const processing = work.change('payment_intent', intentId, {
    status: 'processing',
    payment_method: method.data.id,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
  })
  work.hide('payment_intent', intentId, {
    debit: {
      charge: charge.id,
      endsAt: account.silent ? null : work.now + debitTypes[type].answersAfter,
      failure: willFail ? noFundsInAccount : account.failure,
      disputed: account.disputed,
    },
  })
  work.tell('payment_intent.processing', processing)
  return processing
}

const pending: Charge['outcome'] = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'not_assessed',
  seller_message: 'Payment complete.',
  type: 'authorized',
}

function detailsOf(
  type: DebitType,
  number: string,
  mandate: string,
): NonNullable<Charge['payment_method_details']> {
  if (type === 'sepa_debit') return { type, sepa_debit: { ...ibanOf(number), mandate } }
  return { type, us_bank_account: { ...usAccountOf(number), mandate, payment_reference: null } }
}

/** How the account of a payment method is debited; null: it is a card. */
export function debitTypeOfMethod(method: Shapes['payment_method']): DebitType | null {
  return method.type === 'sepa_debit' || method.type === 'us_bank_account' ? method.type : null
}
