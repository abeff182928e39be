import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { Subscription } from './add-subscription.ts'

type Reason = NonNullable<NonNullable<Subscription['cancellation_details']>['reason']>
export interface Cancellation {
  /** The moment that was agreed, in seconds; absent: now. */
  at?: number | null
  reason?: Reason
  comment?: string | null | undefined
  feedback?: NonNullable<Subscription['cancellation_details']>['feedback'] | undefined
}

/** Ends a subscription now, and tells of it; its open invoices are no longer tried, its drafts wait for nobody. */
export async function cancelSubscription(
  work: Work,
  id: string,
  cancellation: Cancellation,
): Promise<Subscription> {
  const stored = await work.take('subscription', id)
  if (!stored) throw new Error(`subscription ${id} is gone`)
  const { data } = stored
  const canceled = work.change('subscription', id, {
    cancel_at_period_end: false,
    canceled_at: data.canceled_at ?? work.now,
    cancellation_details: {
      comment: cancellation.comment ?? data.cancellation_details?.comment ?? null,
      feedback: cancellation.feedback ?? data.cancellation_details?.feedback ?? null,
      feedback_option: null,
      reason: cancellation.reason ?? data.cancellation_details?.reason ?? 'cancellation_requested',
    },
    discounts: [],
    ended_at: cancellation.at ?? work.now,
    pause_collection: null,
    status: 'canceled',
  })
  await stopCollecting(work, id)
  work.tell('customer.subscription.deleted', canceled)
  return canceled
}

async function stopCollecting(work: Work, subscription: string): Promise<void> {
  for (const status of ['draft', 'open'] as const) {
    for (const invoice of await work.list('invoice', { subscription, status })) {
      await work.take('invoice', invoice.data.id)
      const quiet: Partial<Shapes['invoice']> = {
        auto_advance: false,
        automatically_finalizes_at: null,
        next_payment_attempt: null,
      }
      work.change('invoice', invoice.data.id, quiet, 'invoice.updated')
    }
  }
}
