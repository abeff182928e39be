/** How a bank says no to a debit, days after it was asked. */
export interface DebitFailure {
  code: 'account_closed' | 'debit_not_authorized' | 'insufficient_funds' | 'no_account'
  message: string
}

export type DebitType = 'us_bank_account' | 'sepa_debit'

export interface TestAccount {
  type: DebitType
  /** An account number with the one routing number, or an IBAN. */
  number: string
  /** What a person sees on the payment page. */
  label: string
  /** The name of the ready-made payment method. */
  preset: string
  /** The bank's answer; null: money moves. */
  failure: DebitFailure | null
  /** The payer's bank takes the money back as soon as it has come. */
  disputed: boolean
  /** The bank never answers. */
  silent: boolean
}

/** What the two ways to debit an account have in common, and how long a bank takes to answer. */
export const debitTypes: Record<DebitType, { currency: string; name: string; answersAfter: number }> = {
  us_bank_account: { currency: 'usd', name: 'US bank account', answersAfter: 4 * 86_400 },
  sepa_debit: { currency: 'eur', name: 'SEPA Direct Debit', answersAfter: 5 * 86_400 },
}

export const routingNumber = '110000000'

const closed: DebitFailure = {
  code: 'account_closed',
  message: "The customer's bank account has been closed.",
}
const none: DebitFailure = { code: 'no_account', message: 'The bank account could not be located.' }
const unauthorized: DebitFailure = {
  code: 'debit_not_authorized',
  message: 'The customer has notified their bank that this payment was unauthorized.',
}
/** The failure that a person may wish for, too. */
export const noFundsInAccount: DebitFailure = {
  code: 'insufficient_funds',
  message: "The customer's account has insufficient funds to cover this payment.",
}

function account(
  type: DebitType,
  number: string,
  preset: string,
  label: string,
  differences: Partial<TestAccount> = {},
): TestAccount {
  return { type, number, label, preset, failure: null, disputed: false, silent: false, ...differences }
}

const us = (number: string, preset: string, label: string, differences: Partial<TestAccount> = {}) =>
  account('us_bank_account', number, `pm_usBankAccount_${preset}`, label, differences)
const de = (number: string, preset: string, label: string, differences: Partial<TestAccount> = {}) =>
  account('sepa_debit', number, `pm_${preset}_de`, label, differences)

/**
 * The published test accounts, https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment and
 * https://docs.stripe.com/payments/sepa-debit/accept-a-payment (read 2026-11-22). Where Stripe's test mode answers at
 * once, banks here take their days.
 */
export const testAccounts: readonly TestAccount[] = [
  us('000123456789', 'success', 'Pays in a few days'),
  us('000222222227', 'insufficientFunds', 'Fails: insufficient funds', { failure: noFundsInAccount }),
  us('000111111113', 'accountClosed', 'Fails: account closed', { failure: closed }),
  us('000111111116', 'noAccount', 'Fails: no such account', { failure: none }),
  us('000333333335', 'debitNotAuthorized', 'Fails: debits not authorized', { failure: unauthorized }),
  us('000555555559', 'dispute', 'Pays, then is disputed', { disputed: true }),
  us('000000000009', 'processing', 'The bank never answers', { silent: true }),
  de('DE89370400440532013000', 'success', 'Pays in a few days'),
  de('DE08370400440532013003', 'successDelayed', 'Pays in a few days'),
  de('DE65370400440002222227', 'insufficientFunds', 'Fails: insufficient funds', {
    failure: noFundsInAccount,
  }),
  de('DE62370400440532013001', 'failed', 'Fails: debits not authorized', { failure: unauthorized }),
  de('DE78370400440532013004', 'failedDelayed', 'Fails: debits not authorized', { failure: unauthorized }),
  de('DE35370400440532013002', 'disputed', 'Pays, then is disputed', { disputed: true }),
]

/** The test account with this number, spaces aside; null: none. */
export function findTestAccount(type: DebitType, number: string): TestAccount | null {
  const plain = number.replaceAll(/[\s-]/g, '').toUpperCase()
  return testAccounts.find((one) => one.type === type && one.number === plain) ?? null
}

/** The account behind a ready-made payment method; null: the name is none's. */
export function presetAccount(preset: string): TestAccount | null {
  return testAccounts.find((one) => one.preset === preset) ?? null
}

/** The way to debit accounts in a currency; null: there is none. */
export function debitTypeOf(currency: string): DebitType | null {
  if (currency === debitTypes.us_bank_account.currency) return 'us_bank_account'
  return currency === debitTypes.sepa_debit.currency ? 'sepa_debit' : null
}
