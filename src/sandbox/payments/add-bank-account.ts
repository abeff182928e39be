import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { type Address, toAddress } from '../resources/addresses.ts'
import { fingerprint } from './add-payment-method.ts'
import { routingNumber, type TestAccount } from './test-accounts.ts'

export interface Holder {
  name: string | null
  email: string | null
  phone?: string | null
  address?: Address
}

/** Adds a bank account as a payment method that belongs to nobody yet. The API tells nobody of it. */
export function addBankAccount(work: Work, account: TestAccount, holder: Holder): Shapes['payment_method'] {
  const method: Shapes['payment_method'] = {
    id: newId('pm_'),
    object: 'payment_method',
    allow_redisplay: 'limited',
    billing_details: {
      address: holder.address ?? toAddress({}),
      email: holder.email,
      name: holder.name,
      phone: holder.phone ?? null,
      tax_id: null,
    },
    created: work.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: account.type,
    ...(account.type === 'sepa_debit'
      ? { sepa_debit: { ...ibanOf(account.number), generated_from: null } }
      : {
          us_bank_account: {
            ...usAccountOf(account.number),
            financial_connections_account: null,
            networks: { preferred: 'ach', supported: ['ach'] },
            status_details: {},
          },
        }),
  }
  return work.put('payment_method', method, { number: account.number })
}

/** What a SEPA payment method and its charges say of the account. */
export function ibanOf(iban: string) {
  return {
    bank_code: iban.slice(4, 12),
    branch_code: null,
    country: iban.slice(0, 2),
    fingerprint: fingerprint(iban),
    last4: iban.slice(-4),
  }
}

/** What a US payment method and its charges say of the account. */
export function usAccountOf(number: string) {
  return {
    account_holder_type: 'individual' as const,
    account_type: 'checking' as const,
    bank_name: 'STRIPE TEST BANK',
    fingerprint: fingerprint(number),
    last4: number.slice(-4),
    routing_number: routingNumber,
  }
}
