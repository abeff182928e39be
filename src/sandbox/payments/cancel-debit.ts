import type { Work } from '../objects/work.ts'

/** Calls back the debit that an intent (taken) is being paid by, if one is under way; its charge has failed then. */
export async function cancelDebit(work: Work, intentId: string): Promise<void> {
  const debit = (await work.find('payment_intent', intentId))?.hidden.debit
  if (!debit) return
  work.hide('payment_intent', intentId, { debit: null })
  await work.take('charge', debit.charge)
  const charge = work.change('charge', debit.charge, {
    amount_captured: 0,
    captured: false,
    failure_code: 'payment_intent_payment_attempt_failed',
    failure_message: 'The payment was canceled before the bank answered.',
    receipt_url: null,
    status: 'failed',
  })
  work.tell('charge.failed', charge)
}
