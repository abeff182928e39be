import type { Work } from '../objects/work.ts'
import { closeDispute } from '../payments/close-dispute.ts'
import { endDebit } from '../payments/end-debit.ts'
import { openDisputeOf } from '../payments/open-dispute.ts'
import { noFundsInAccount } from '../payments/test-accounts.ts'

/** Wishes that the next charge for a subscription fail, or no longer. Resolves to whether there is such a subscription. */
export async function failNextRenewal(work: Work, id: string, fails: boolean): Promise<boolean> {
  const stored = await work.take('subscription', id)
  if (!stored) return false
  work.hide('subscription', id, { failNextRenewal: fails })
  return true
}

/** Disputes a charge as its payer's bank would. Resolves to whether it could be. */
export async function disputeCharge(work: Work, id: string): Promise<boolean> {
  const charge = await work.find('charge', id)
  if (charge?.data.customer) await work.take('customer', charge.data.customer)
  const taken = await work.take('charge', id)
  if (taken?.data.status !== 'succeeded' || taken.data.disputed || taken.data.refunded) return false
  openDisputeOf(work, id, { reason: 'fraudulent', inquiry: false })
  return true
}

/** Lets a bank answer now that it pays a debit, or does not. Resolves to whether the charge was waiting for one. */
export async function answerDebit(work: Work, chargeId: string, pays: boolean): Promise<boolean> {
  const charge = await work.find('charge', chargeId)
  const intent = charge?.data.status === 'pending' ? charge.data.payment_intent : null
  return intent !== null && intent !== undefined && endDebit(work, intent, pays ? null : noFundsInAccount)
}

/** Decides a dispute as the bank would. Resolves to whether it was open. */
export async function decideDispute(work: Work, id: string, verdict: 'won' | 'lost'): Promise<boolean> {
  const stored = await work.take('dispute', id)
  const status = stored?.data.status ?? ''
  if (!status.endsWith('needs_response') && !status.endsWith('under_review')) return false
  await closeDispute(work, id, verdict)
  return true
}
