import { afterDebit } from '../billing/after-payment.ts'
import type { Debit } from '../objects/hidden.ts'
import type { Work } from '../objects/work.ts'
import { openDisputeOf } from './open-dispute.ts'
import { failIntent } from './pay-intent.ts'
import { postAfterwards } from './post-charge.ts'
import type { DebitFailure } from './test-accounts.ts'

/**
 * Ends a debit that is under way as its bank answers, or as `wished` (null: the money comes), and tells of it: the charge,
 * the intent, the invoice and subscription, and the Checkout Session that it was begun in. Resolves to whether there was one.
 */
export async function endDebit(work: Work, intentId: string, wished?: DebitFailure | null): Promise<boolean> {
  const found = await work.find('payment_intent', intentId)
  if (found?.data.customer) await work.take('customer', found.data.customer)
  const stored = await work.take('payment_intent', intentId)
  const debit = stored?.hidden.debit
  if (!stored || !debit) return false
  work.hide('payment_intent', intentId, { debit: null })
  await work.take('charge', debit.charge)
  const failure = wished === undefined ? debit.failure : wished
  if (failure) await fail(work, intentId, debit.charge, failure)
  else succeed(work, intentId, debit)
  await afterDebit(work, intentId, failure === null)
  if (stored.hidden.session) await endSession(work, stored.hidden.session, failure === null)
  return true
}

function succeed(work: Work, intentId: string, debit: Debit): void {
  const charge = work.change('charge', debit.charge, { paid: true, status: 'succeeded' })
  work.tell('charge.succeeded', charge)
  postAfterwards(work, charge.id, false)
  const intent = work.change('payment_intent', intentId, {
    amount_received: charge.amount,
    status: 'succeeded',
  })
  work.tell('payment_intent.succeeded', intent)
  if (debit.disputed) openDisputeOf(work, charge.id, { reason: 'debit_not_authorized', inquiry: false })
}

async function fail(
  work: Work,
  intentId: string,
  chargeId: string,
  failure: { code: string; message: string },
): Promise<void> {
  const charge = work.change('charge', chargeId, {
    amount_captured: 0,
    captured: false,
    failure_code: failure.code,
    failure_message: failure.message,
    receipt_url: null,
    status: 'failed',
  })
  work.tell('charge.failed', charge)
  const method = await work.find('payment_method', charge.payment_method ?? '')
  if (!method) throw new Error(`the payment method of charge ${chargeId} is gone`)
  failIntent(
    work,
    intentId,
    method.data,
    { ...failure, type: 'invalid_request_error', charge: chargeId },
    chargeId,
  )
}

async function endSession(work: Work, id: string, paid: boolean): Promise<void> {
  const stored = await work.take('checkout.session', id)
  if (stored?.data.status !== 'complete' || stored.data.payment_status !== 'unpaid') return
  if (paid) {
    const session = work.change('checkout.session', id, { payment_status: 'paid' })
    work.tell('checkout.session.async_payment_succeeded', session)
  } else work.tell('checkout.session.async_payment_failed', stored.data)
}
