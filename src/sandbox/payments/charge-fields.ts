import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

type Charge = Shapes['charge']

/** What differs from one way of paying to another. */
export interface ChargeParts {
  status: Charge['status']
  failure: { code: string; message: string } | null
  outcome: Charge['outcome']
  details: NonNullable<Charge['payment_method_details']>
}

/** The charge that an attempt to pay an intent comes to; its balance transaction comes later. */
export function chargeOf(
  work: Work,
  intent: Shapes['payment_intent'],
  method: Shapes['payment_method'],
  parts: ChargeParts,
): Charge {
  const id = newId('ch_')
  const failed = parts.status === 'failed'
  return {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: failed ? 0 : intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'NEWSSTAND SANDBOX',
    captured: !failed,
    created: work.now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: parts.failure?.code ?? null,
    failure_message: parts.failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: parts.outcome,
    paid: parts.status === 'succeeded',
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: parts.details,
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: failed ? null : `${work.url}/receipts/${id}`,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: null,
    status: parts.status,
    transfer_data: null,
    transfer_group: null,
  }
}
