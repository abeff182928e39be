import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import type { Subscription } from './add-subscription.ts'
import { restarted } from './change-items.ts'
import { collectInvoice } from './collect-invoice.ts'
import { draftInvoice } from './draft-invoice.ts'
import { finalizeInvoice } from './finalize-invoice.ts'
import { waitingItems } from './invoice-items.ts'
import { periodLine } from './invoice-lines.ts'

/** Stops a subscription (taken) until it is resumed: no invoices, no end of its period. */
export function pauseSubscription(work: Work, id: string): Subscription {
  const before = work.held('subscription', id)
  if (!['active', 'trialing', 'past_due'].includes(before.status)) {
    throw invalid(`A subscription that is ${before.status} cannot be paused.`, 'id')
  }
  const paused = work.change('subscription', id, {
    status: 'paused',
    status_details: {
      paused: { subscription: { type: 'pause_requested' }, transitioned_at: work.now, type: 'subscription' },
    },
  })
  work.tell('customer.subscription.paused', paused)
  work.tell('customer.subscription.updated', paused, before)
  return paused
}

/** Goes on with a paused subscription (taken, as its customer was): a new period begins and is paid now. */
export async function resumeSubscription(work: Work, id: string): Promise<Subscription> {
  const before = work.held('subscription', id)
  if (before.status !== 'paused') {
    throw invalid(`A subscription that is ${before.status} cannot be resumed.`, 'id')
  }
  const { status_details: _, ...rest } = before
  const resumed = work.put(
    'subscription',
    {
      ...rest,
      billing_cycle_anchor: work.now,
      items: { ...before.items, data: restarted(before.items.data, work.now) },
      status: 'active',
    },
    { announcedTrialEnd: before.trial_end, failNextRenewal: false },
  )
  const invoice = await draftInvoice(work, {
    customer: resumed.customer,
    currency: resumed.currency,
    subscription: resumed,
    reason: 'subscription_update',
    lines: await Promise.all(resumed.items.data.map((item) => periodLine(work, resumed, item))),
    items: await waitingItems(work, resumed.customer, id),
    discounts: resumed.discounts,
    automaticTax: resumed.automatic_tax.enabled,
    period: { start: work.now, end: work.now },
    finalizesAt: null,
    collectionMethod: resumed.collection_method,
  })
  const linked = work.change('subscription', id, { latest_invoice: invoice.id })
  work.tell('customer.subscription.resumed', linked)
  work.tell('customer.subscription.updated', linked, before)
  const finalized = await finalizeInvoice(work, invoice.id)
  if (finalized.status === 'open') await collectInvoice(work, invoice.id)
  return work.held('subscription', id)
}
