import { formatAmount } from '../billing/amounts.ts'
import { newId } from '../objects/ids.ts'
import type { Metadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { addBalanceTransaction } from './balance.ts'
import { findTestCard } from './test-cards.ts'

type Charge = Shapes['charge']
type Refund = Shapes['refund']

export interface RefundRequest {
  /** Minor units; null: all that is left. */
  amount: number | null
  reason: Refund['reason']
  metadata: Metadata
}

/** How long a refund that ends later takes: to a card, to an account. */
const settlesAfter = 3600
const creditedAfter = 3 * 86_400
const toCardDetails: NonNullable<Refund['destination_details']> = {
  card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
  type: 'card',
}

/** Gives money of a charge (taken) back, and tells of it. Throws the API's 400 where there is not so much to give. */
export async function refundCharge(work: Work, chargeId: string, request: RefundRequest): Promise<Refund> {
  const charge = work.held('charge', chargeId)
  const amount = request.amount ?? charge.amount - charge.amount_refunded
  refuseImpossible(charge, amount)
  if (charge.disputed && (await isChargedBack(work, charge.id))) throw chargedBack(charge)
  const behaviour = await refundOf(work, charge)
  const refund = addRefund(work, charge, amount, request, behaviour)
  const amount_refunded = charge.amount_refunded + amount
  const refunded = work.change('charge', chargeId, {
    amount_refunded,
    refunded: amount_refunded === charge.amount,
  })
  work.tell('charge.refunded', refunded, charge)
  work.tell('refund.created', refund)
  return refund
}

/** A charge stays marked as disputed for ever; what was won can be refunded. */
async function isChargedBack(work: Work, chargeId: string): Promise<boolean> {
  const disputes = await work.list('dispute', { charge: chargeId })
  return disputes.some(({ data }) => data.status !== 'won' && !data.status.startsWith('warning'))
}

function chargedBack({ id }: Charge) {
  return invalid(`Charge ${id} has been charged back; cannot issue a refund.`, undefined, 'charge_disputed')
}

function refuseImpossible(charge: Charge, amount: number): void {
  if (charge.status !== 'succeeded')
    throw invalid(`Charge ${charge.id} has not succeeded and cannot be refunded.`, 'charge')
  if (charge.refunded)
    throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded')
  if (amount <= 0) throw invalid('Invalid positive integer', 'amount', 'parameter_invalid_integer')
  const left = charge.amount - charge.amount_refunded
  if (amount > left) {
    const whole = charge.amount_refunded === 0 ? 'charge amount' : 'unrefunded amount on charge'
    throw invalid(
      `Refund amount (${formatAmount(amount, charge.currency)}) is greater than ${whole} (${formatAmount(left, charge.currency)})`,
      'amount',
    )
  }
}

async function refundOf(work: Work, charge: Charge) {
  // Money goes back to an account as slowly as it came.
  if (charge.payment_method_details?.type !== 'card') return 'succeeds_later'
  const method = await work.find('payment_method', charge.payment_method ?? '')
  return findTestCard(method?.hidden.number ?? '')?.refund ?? 'succeeds'
}

function addRefund(
  work: Work,
  charge: Charge,
  amount: number,
  request: RefundRequest,
  behaviour: 'succeeds' | 'succeeds_later' | 'fails_later',
): Refund {
  const id = newId('re_')
  const toCard = charge.payment_method_details?.type === 'card'
  const transaction = addBalanceTransaction(work, {
    amount: -amount,
    currency: charge.currency,
    source: id,
    type: 'refund',
    description: `REFUND FOR CHARGE ${charge.id}`,
  })
  const refund: Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: transaction.id,
    charge: charge.id,
    created: work.now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    ...(toCard ? { destination_details: toCardDetails } : {}),
    metadata: request.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: request.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: behaviour === 'succeeds_later' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  }
  const settlesAt = behaviour === 'succeeds' ? null : work.now + (toCard ? settlesAfter : creditedAfter)
  return work.put('refund', refund, { settlesAt, fails: behaviour === 'fails_later' })
}

/** Ends a refund (taken) that was to end later, and tells of it; one that failed gives the money back to the balance. */
export async function endRefund(work: Work, id: string): Promise<void> {
  const stored = await work.take('refund', id)
  if (!stored) return
  work.hide('refund', id, { settlesAt: null })
  if (!stored.hidden.fails) {
    work.change('refund', id, { status: 'succeeded' }, 'refund.updated')
    return
  }
  const failed = failRefund(work, stored.data)
  work.tell('refund.failed', failed, stored.data)
  await takeBack(work, failed)
}

function failRefund(work: Work, refund: Refund): Refund {
  const transaction = addBalanceTransaction(work, {
    amount: refund.amount,
    currency: refund.currency,
    source: refund.id,
    type: 'refund_failure',
    description: `REFUND FAILURE FOR CHARGE ${refund.charge}`,
  })
  return work.change('refund', refund.id, {
    failure_balance_transaction: transaction.id,
    failure_reason: 'expired_or_canceled_card',
    status: 'failed',
  })
}

async function takeBack(work: Work, refund: Refund): Promise<void> {
  const charge = await work.take('charge', refund.charge ?? '')
  if (!charge) return
  const amount_refunded = charge.data.amount_refunded - refund.amount
  work.change('charge', charge.data.id, { amount_refunded, refunded: false }, 'charge.updated')
}
