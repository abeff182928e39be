import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { addBalanceTransaction } from './balance.ts'

type Dispute = Shapes['dispute']
/** What a dispute costs, in dollars and whatever its outcome: https://stripe.com/pricing (read 2026-11-22). */
const fee = 1500
const answerWithin = 9 * 86_400

/**
 * Opens a dispute of a charge that this work has read or made, and tells of it. An inquiry takes no money; a dispute takes
 * the charge's amount, and a fee, at once. What a bank takes back of a debit is lost: nobody can answer it.
 */
export function openDisputeOf(
  work: Work,
  chargeId: string,
  given: { reason: string; inquiry: boolean },
): Dispute {
  const charge = work.held('charge', chargeId)
  const dispute = disputeOf(work, charge, given)
  work.put('dispute', dispute, {})
  work.afterwards(() => {
    work.tell('charge.dispute.created', work.held('dispute', dispute.id))
    work.change('charge', chargeId, { disputed: true }, 'charge.updated')
    if (!given.inquiry) withdraw(work, dispute.id)
    if (dispute.status === 'lost') work.tell('charge.dispute.closed', work.held('dispute', dispute.id))
  })
  return dispute
}

function disputeOf(
  work: Work,
  charge: Shapes['charge'],
  given: { reason: string; inquiry: boolean },
): Dispute {
  return {
    id: newId('du_'),
    object: 'dispute',
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: work.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(charge),
    evidence_details: {
      due_by: work.now + answerWithin,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: given.inquiry,
    livemode: false,
    metadata: {},
    network_reason_code: given.reason === 'fraudulent' ? '10.4' : '13.1',
    payment_intent: charge.payment_intent,
    ...(isCard(charge) ? { payment_method_details: cardDetails(charge, given) } : {}),
    reason: given.reason,
    status: !isCard(charge) ? 'lost' : given.inquiry ? 'warning_needs_response' : 'needs_response',
  }
}

function isCard(charge: Shapes['charge']): boolean {
  return charge.payment_method_details?.type === 'card'
}

function cardDetails(
  charge: Shapes['charge'],
  given: { reason: string; inquiry: boolean },
): NonNullable<Dispute['payment_method_details']> {
  const brand = charge.payment_method_details?.card?.brand ?? 'visa'
  return {
    card: {
      brand,
      case_type: given.inquiry ? 'inquiry' : 'chargeback',
      network: brand,
      network_reason_code: given.reason === 'fraudulent' ? '10.4' : '13.1',
    },
    type: 'card',
  }
}

function noEvidence(charge: Shapes['charge']): Dispute['evidence'] {
  return {
    access_activity_log: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: charge.billing_details.email,
    customer_name: charge.billing_details.name,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  }
}

function withdraw(work: Work, id: string): void {
  const dispute = work.held('dispute', id)
  const transaction = addBalanceTransaction(work, {
    amount: -dispute.amount,
    fees: () => [{ amount: fee, description: 'Dispute fee' }],
    currency: dispute.currency,
    source: dispute.id,
    type: 'adjustment',
    description: `Chargeback withdrawal for ${dispute.charge}`,
  })
  const taken = work.change('dispute', id, {
    balance_transactions: [...dispute.balance_transactions, transaction],
  })
  work.tell('charge.dispute.funds_withdrawn', taken)
}

/** Gives a dispute's money back after it was won, and tells of it. */
export function reinstate(work: Work, id: string): Dispute {
  const dispute = work.held('dispute', id)
  const transaction = addBalanceTransaction(work, {
    amount: dispute.amount,
    currency: dispute.currency,
    source: dispute.id,
    type: 'adjustment',
    description: `Chargeback reversal for ${dispute.charge}`,
  })
  const given = work.change('dispute', id, {
    balance_transactions: [...dispute.balance_transactions, transaction],
  })
  work.tell('charge.dispute.funds_reinstated', given)
  return given
}
