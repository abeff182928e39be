import type { Work } from '../objects/work.ts'
import { collectInvoice, subscriptionOf } from './collect-invoice.ts'
import { endInvoice } from './end-invoice.ts'
import { finalizeInvoice } from './finalize-invoice.ts'
import { overdueAt } from './next-invoice-moment.ts'
import { recoverSubscription } from './recover-subscription.ts'

const never = Number.POSITIVE_INFINITY

/** Does what time does to an invoice up to now: a draft is finalized and charged, an open one is tried again. */
export async function passInvoice(work: Work, id: string): Promise<void> {
  const stored = await work.take('invoice', id)
  if (!stored || stored.deleted) return
  const { status, automatically_finalizes_at, next_payment_attempt } = stored.data
  if (status === 'draft' && (automatically_finalizes_at ?? never) <= work.now) {
    await finalizeInvoice(work, id)
    await goOn(work, id)
  } else if (status === 'open' && (next_payment_attempt ?? never) <= work.now) {
    await collectInvoice(work, id)
  } else if (status === 'open' && (overdueAt(stored.data, stored.hidden) ?? never) <= work.now) {
    await fallDue(work, id)
  }
}

/** Tells that an invoice was not paid in time; its subscription is behind. */
async function fallDue(work: Work, id: string): Promise<void> {
  work.hide('invoice', id, { overdue: true })
  const invoice = work.held('invoice', id)
  work.tell('invoice.overdue', invoice)
  const subscription = await subscriptionOf(work, invoice)
  if (subscription?.status !== 'active') return
  work.change('subscription', subscription.id, { status: 'past_due' }, 'customer.subscription.updated')
}

/** What follows when an invoice was finalized by itself: it is charged, sent, or ended where collection is paused. */
export async function goOn(work: Work, id: string): Promise<void> {
  const invoice = work.held('invoice', id)
  const subscription = await subscriptionOf(work, invoice)
  if (invoice.status === 'paid') {
    if (subscription) recoverSubscription(work, subscription.id)
    return
  }
  const paused = subscription?.pause_collection?.behavior
  if (paused === 'void') await endInvoice(work, id, 'void')
  else if (paused === 'mark_uncollectible') await endInvoice(work, id, 'uncollectible')
  else if (invoice.collection_method === 'charge_automatically') await collectInvoice(work, id)
  else work.tell('invoice.sent', invoice)
}
