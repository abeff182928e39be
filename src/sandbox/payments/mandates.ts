import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'

/**
 * The mandate under which an account is debited: the one that its payment method has, or a new one that the payer gives
 * now. Resolves to its id.
 */
export async function mandateFor(work: Work, method: Stored<'payment_method'>): Promise<string> {
  const stored = await work.take('payment_method', method.data.id)
  if (stored?.hidden.mandate) return stored.hidden.mandate
  const mandate = work.put('mandate', newMandate(work, method.data), {})
  work.hide('payment_method', method.data.id, { mandate: mandate.id })
  return mandate.id
}

/** Whether a payer has agreed that this account be debited. */
export async function hasMandate(work: Work, method: string): Promise<boolean> {
  return Boolean((await work.find('payment_method', method))?.hidden.mandate)
}

function newMandate(work: Work, method: Shapes['payment_method']): Shapes['mandate'] {
  const id = newId('mandate_')
  return {
    id,
    object: 'mandate',
    customer_acceptance: {
      accepted_at: work.now,
      online: { ip_address: '127.0.0.1', user_agent: 'Newsstand sandbox' },
      type: 'online',
    },
    livemode: false,
    multi_use: {},
    payment_method: method.id,
    payment_method_details:
      method.type === 'sepa_debit'
        ? {
            sepa_debit: {
              reference: id.slice(-16).toUpperCase(),
              url: `${work.url}/objects/mandate/${id}`,
            },
            type: 'sepa_debit',
          }
        : { type: 'us_bank_account', us_bank_account: {} },
    status: 'active',
    type: 'multi_use',
  }
}
