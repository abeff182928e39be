import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import type { Subscription, SubscriptionItem } from './add-subscription.ts'
import { changedItems, paceOf, restarted } from './change-items.ts'
import { collectInvoice } from './collect-invoice.ts'
import { draftInvoice } from './draft-invoice.ts'
import { finalizeInvoice } from './finalize-invoice.ts'
import { addInvoiceItem, waitingItems } from './invoice-items.ts'
import { periodLine } from './invoice-lines.ts'
import { currentPeriodEnd } from './next-moment.ts'
import { prorations } from './prorate.ts'
import { redeemWanted } from './redeem-wanted.ts'
import type { SubscriptionChanges } from './subscription-fields.ts'

/**
 * Changes a subscription (its customer was taken), and tells of it. What costs something at once is paid, unless `pay` is
 * false: then its draft is the latest invoice. Throws the API's refusals.
 */
export async function changeSubscription(
  work: Work,
  id: string,
  params: SubscriptionChanges,
  options: { pay: boolean } = { pay: true },
): Promise<Subscription> {
  const stored = await work.take('subscription', id)
  if (!stored) throw new Error(`subscription ${id} is gone`)
  const before = stored.data
  refuseEnded(before, params)
  await checkPaymentMethod(work, before, params.default_payment_method)
  work.change('subscription', id, await plainChanges(work, before, params))
  const invoiced = await changePeriods(work, before, params)
  const after = work.held('subscription', id)
  work.tell('customer.subscription.updated', after, before)
  if (invoiced && options.pay) await payNow(work, invoiced, params)
  return work.held('subscription', id)
}

function refuseEnded(data: Subscription, params: SubscriptionChanges): void {
  if (data.status !== 'canceled' && data.status !== 'incomplete_expired') return
  const others = Object.keys(given(params)).filter(
    (name) => !['cancellation_details', 'metadata'].includes(name),
  )
  if (others.length === 0) return
  throw invalid('A canceled subscription can only update its cancellation_details and metadata.', others[0])
}

async function checkPaymentMethod(work: Work, data: Subscription, id: string | undefined): Promise<void> {
  if (!id) return
  const method = await referred(work, 'payment_method', id, 'default_payment_method')
  if (method.data.customer === data.customer) return
  throw invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    'default_payment_method',
  )
}

/** Everything that neither moves the period nor costs anything. */
async function plainChanges(
  work: Work,
  data: Subscription,
  params: SubscriptionChanges,
): Promise<Partial<Subscription>> {
  const { collection_method, days_until_due, default_payment_method, description } = params
  const wish = params.trial_settings?.end_behavior.missing_payment_method
  const pause = params.pause_collection
  const enabled = params.automatic_tax?.enabled
  return {
    ...given({ collection_method, days_until_due, default_payment_method, description }),
    ...endOf(work, data, params),
    ...(enabled === undefined
      ? {}
      : { automatic_tax: { ...data.automatic_tax, enabled, liability: enabled ? { type: 'self' } : null } }),
    ...(params.discounts === undefined
      ? {}
      : { discounts: await redeemWanted(work, data, params.discounts ?? []) }),
    ...(pause === undefined
      ? {}
      : { pause_collection: pause && { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null } }),
    ...(wish
      ? { trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: wish } } }
      : {}),
    metadata: mergeMetadata(data.metadata, params.metadata),
  }
}

/** When a subscription is to end, in its fields, after a request to end it, to end it at a moment, or to go on. */
function endOf(work: Work, data: Subscription, params: SubscriptionChanges): Partial<Subscription> {
  const { cancel_at, cancel_at_period_end, cancellation_details: details } = params
  if (cancel_at !== undefined && cancel_at_period_end !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: cancel_at, cancel_at_period_end.',
      'cancel_at',
    )
  }
  const said = {
    comment: details?.comment ?? data.cancellation_details?.comment ?? null,
    feedback: details?.feedback ?? data.cancellation_details?.feedback ?? null,
    feedback_option: null,
  }
  const ends = cancel_at_period_end === true ? currentPeriodEnd(data) : (cancel_at ?? null)
  if (ends !== null) {
    return {
      cancel_at: ends,
      cancel_at_period_end: cancel_at_period_end ?? false,
      canceled_at: data.canceled_at ?? work.now,
      cancellation_details: { ...said, reason: 'cancellation_requested' },
    }
  }
  if (cancel_at_period_end === undefined && cancel_at === undefined) {
    const reason = data.cancellation_details?.reason ?? null
    return details ? { cancellation_details: { ...said, reason } } : {}
  }
  return {
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { ...said, reason: null },
  }
}

/** New items, a trial's new end, a new anchor. Resolves to the draft that must be paid now, or null. */
async function changePeriods(
  work: Work,
  before: Subscription,
  params: SubscriptionChanges,
): Promise<string | null> {
  const { trial_end } = params
  const items = params.items ? await changedItems(work, before, params.items) : before.items.data
  if (typeof trial_end === 'number') {
    moveTrialEnd(work, before, items, trial_end)
    return null
  }
  const endsTrial = trial_end === 'now' && before.status === 'trialing'
  if (endsTrial || params.billing_cycle_anchor?.type === 'now' || paceChanged(before, items)) {
    return restart(work, before, items, params)
  }
  if (items === before.items.data) return null
  putItems(work, before, items)
  return before.status === 'trialing' ? null : prorate(work, before, items, params)
}

function paceChanged(before: Subscription, items: SubscriptionItem[]): boolean {
  const [old] = before.items.data
  const [first] = items
  return old !== undefined && first !== undefined && paceOf(old.price) !== paceOf(first.price)
}

function putItems(work: Work, before: Subscription, items: SubscriptionItem[]): void {
  work.change('subscription', before.id, { items: { ...before.items, data: items } })
}

function moveTrialEnd(work: Work, before: Subscription, items: SubscriptionItem[], end: number): void {
  if (end <= work.now) throw invalid('Timestamp must be in the future.', 'trial_end')
  putItems(
    work,
    before,
    items.map((item) => ({ ...item, current_period_end: end })),
  )
  work.change('subscription', before.id, {
    billing_cycle_anchor: end,
    status: 'trialing',
    trial_end: end,
    trial_start: before.trial_start ?? work.now,
  })
}

/** A period of another length begins at once, is paid at once, and what is left of the old one counts against it. */
async function restart(
  work: Work,
  before: Subscription,
  items: SubscriptionItem[],
  params: SubscriptionChanges,
): Promise<string> {
  const trial = before.status === 'trialing'
  if (!trial && params.proration_behavior !== 'none') {
    for (const item of await prorations(work, before, [], params.proration_date ?? work.now)) {
      addInvoiceItem(work, item)
    }
  }
  putItems(work, before, restarted(items, work.now))
  const changed = work.change('subscription', before.id, {
    billing_cycle_anchor: work.now,
    ...(trial ? { status: 'active' as const, trial_end: work.now } : {}),
  })
  const lines = await Promise.all(changed.items.data.map((item) => periodLine(work, changed, item)))
  return invoiceChange(work, changed, lines)
}

async function prorate(
  work: Work,
  before: Subscription,
  items: SubscriptionItem[],
  params: SubscriptionChanges,
): Promise<string | null> {
  if (params.proration_behavior === 'none') return null
  const at = params.proration_date ?? work.now
  for (const item of await prorations(work, before, items, at)) addInvoiceItem(work, item)
  if (params.proration_behavior !== 'always_invoice') return null
  return invoiceChange(work, work.held('subscription', before.id), [])
}

async function invoiceChange(
  work: Work,
  subscription: Subscription,
  lines: Awaited<ReturnType<typeof periodLine>>[],
): Promise<string> {
  const invoice = await draftInvoice(work, {
    customer: subscription.customer,
    currency: subscription.currency,
    subscription,
    reason: 'subscription_update',
    lines,
    items: await waitingItems(work, subscription.customer, subscription.id),
    discounts: subscription.discounts,
    automaticTax: subscription.automatic_tax.enabled,
    period: { start: work.now, end: work.now },
    finalizesAt: null,
    collectionMethod: subscription.collection_method,
  })
  work.change('subscription', subscription.id, { latest_invoice: invoice.id })
  return invoice.id
}

async function payNow(work: Work, invoice: string, params: SubscriptionChanges): Promise<void> {
  const finalized = await finalizeInvoice(work, invoice)
  if (finalized.status !== 'open' || finalized.collection_method === 'send_invoice') return
  const collected = await collectInvoice(work, invoice, { onSession: !params.off_session })
  if (collected.paid || collected.processing || params.payment_behavior !== 'error_if_incomplete') return
  const message = 'The payment of this change did not succeed, so nothing was changed.'
  throw new ApiError(402, collected.error ?? { type: 'card_error', code: 'card_declined', message })
}
