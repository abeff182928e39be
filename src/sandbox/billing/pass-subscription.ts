import type { Stored, Work } from '../objects/work.ts'
import { announceInvoice } from './announce-invoice.ts'
import { cancelSubscription } from './cancel-subscription.ts'
import { paymentMethodOf } from './collect-invoice.ts'
import { endInvoice } from './end-invoice.ts'
import { currentPeriodEnd, nextMoment, upcomingOf } from './next-moment.ts'
import { renewSubscription } from './renew-subscription.ts'

/** Does what time does to a subscription up to now: warns of a trial's end, ends it, or goes on to its next period. */
export async function passSubscription(work: Work, id: string): Promise<void> {
  for (;;) {
    const stored = await work.take('subscription', id)
    if (!stored || stored.deleted) return
    const moment = nextMoment(stored.data, stored.hidden)
    if (moment === null || moment > work.now) return
    await passMoment(work, stored)
  }
}

async function passMoment(work: Work, stored: Stored<'subscription'>): Promise<void> {
  const { data } = stored
  if (data.status === 'incomplete') return expireIncomplete(work, stored)
  if (data.cancel_at !== null && data.cancel_at <= work.now) {
    await cancelSubscription(work, data.id, { reason: 'cancellation_requested', at: data.cancel_at })
  } else if (isResuming(work, stored)) {
    work.change('subscription', data.id, { pause_collection: null }, 'customer.subscription.updated')
  } else if (currentPeriodEnd(data) <= work.now) {
    await endPeriod(work, stored)
  } else if ((upcomingOf(data, stored.hidden) ?? Number.POSITIVE_INFINITY) <= work.now) {
    await announceInvoice(work, data)
  } else {
    work.hide('subscription', data.id, { announcedTrialEnd: data.trial_end })
    work.tell('customer.subscription.trial_will_end', data)
  }
}

function isResuming(work: Work, { data }: Stored<'subscription'>): boolean {
  const resumes = data.pause_collection?.resumes_at ?? null
  return resumes !== null && resumes <= work.now
}

async function expireIncomplete(work: Work, { data }: Stored<'subscription'>): Promise<void> {
  work.change(
    'subscription',
    data.id,
    { ended_at: work.now, status: 'incomplete_expired' },
    'customer.subscription.updated',
  )
  for (const { data: invoice } of await work.list('invoice', { subscription: data.id, status: 'open' })) {
    await work.take('invoice', invoice.id)
    await endInvoice(work, invoice.id, 'void')
  }
}

/** A trial that ends without a way to pay does as its settings say; everything else goes on. */
async function endPeriod(work: Work, { data }: Stored<'subscription'>): Promise<void> {
  const wish = data.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice'
  if (data.status !== 'trialing' || wish === 'create_invoice' || (await paymentMethodOf(work, data))) {
    return renewSubscription(work, data.id)
  }
  if (wish === 'cancel') await cancelSubscription(work, data.id, { reason: 'payment_failed' })
  else {
    const paused = work.change('subscription', data.id, {
      status: 'paused',
      status_details: {
        paused: {
          subscription: { type: 'trial_end_without_payment_method' },
          transitioned_at: work.now,
          type: 'subscription',
        },
      },
    })
    work.tell('customer.subscription.paused', paused)
    work.tell('customer.subscription.updated', paused, data)
  }
}
