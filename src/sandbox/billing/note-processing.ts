import type { Work } from '../objects/work.ts'
import type { Subscription } from './add-subscription.ts'

/**
 * Notes that an open invoice (taken) is being paid by a debit. Nothing is tried until the bank has answered; a new
 * subscription (taken) counts as active meanwhile: https://docs.stripe.com/billing/subscriptions/ach-debit (read 2026-11-22).
 */
export function noteProcessing(work: Work, id: string, subscription: Subscription | null): void {
  work.change('invoice', id, { attempted: true, next_payment_attempt: null }, 'invoice.updated')
  if (!subscription || work.held('subscription', subscription.id).status !== 'incomplete') return
  work.change('subscription', subscription.id, { status: 'active' }, 'customer.subscription.updated')
}
