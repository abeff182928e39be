import { createHash } from 'node:crypto'
import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { type Address, toAddress } from '../resources/addresses.ts'
import type { TestCard } from './test-cards.ts'

export interface CardDetails {
  card: TestCard
  expMonth: number
  expYear: number
  name: string | null
  email: string | null
  phone?: string | null
  address?: Address
}

/** Adds a card as a payment method that belongs to nobody yet. The API tells nobody of it. */
export function addPaymentMethod(work: Work, details: CardDetails): Shapes['payment_method'] {
  const { card } = details
  const method: Shapes['payment_method'] = {
    id: newId('pm_'),
    object: 'payment_method',
    allow_redisplay: 'limited',
    billing_details: {
      address: details.address ?? toAddress({}),
      email: details.email,
      name: details.name,
      phone: details.phone ?? null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: card.cvcCheck },
      country: card.country,
      display_brand: card.brand === 'amex' ? 'american_express' : card.brand,
      exp_month: details.expMonth,
      exp_year: details.expYear,
      fingerprint: fingerprint(card.number),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: card.authentication !== 'none' },
      wallet: null,
    },
    created: work.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  return work.put('payment_method', method, { number: card.number })
}

/** The same card, or account, has the same fingerprint wherever it is used. */
export function fingerprint(number: string): string {
  return createHash('sha256')
    .update(`sandbox ${number}`)
    .digest('base64url')
    .replaceAll(/[-_]/g, '')
    .slice(0, 16)
}
