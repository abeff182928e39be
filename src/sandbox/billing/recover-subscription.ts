import type { Work } from '../objects/work.ts'

/** A subscription (taken) whose invoice has been paid is up to date again, and that is told if it was not. */
export function recoverSubscription(work: Work, id: string): void {
  const { status } = work.held('subscription', id)
  if (status !== 'past_due' && status !== 'unpaid' && status !== 'incomplete') return
  work.change('subscription', id, { status: 'active' }, 'customer.subscription.updated')
}
