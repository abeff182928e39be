import type { Shapes } from '../objects/shapes.ts'
import { type DebitType, debitTypeOf } from './test-accounts.ts'

/** What can be asked for; `link` is known and pays nothing here. */
export const methodTypes = ['card', 'link', 'sepa_debit', 'us_bank_account'] as const

/** With what a currency can be paid: cards, and its bank debits, as far as `allowed` (null: all). */
export function methodTypesFor(currency: string, allowed: readonly string[] | null): ('card' | DebitType)[] {
  const debit = debitTypeOf(currency)
  const possible = debit ? (['card', debit] as const) : (['card'] as const)
  return possible.filter((type) => allowed === null || allowed.includes(type))
}

type IntentOptions = NonNullable<Shapes['payment_intent']['payment_method_options']>

/** The options of an intent that can be paid with these. */
export function intentOptions(types: readonly string[]): IntentOptions {
  return {
    ...(types.includes('card')
      ? {
          card: {
            installments: null,
            mandate_options: null,
            network: null,
            request_three_d_secure: 'automatic' as const,
          },
        }
      : {}),
    ...(types.includes('sepa_debit') ? { sepa_debit: { mandate_options: {} } } : {}),
    ...(types.includes('us_bank_account')
      ? { us_bank_account: { mandate_options: {}, verification_method: 'automatic' as const } }
      : {}),
  }
}
