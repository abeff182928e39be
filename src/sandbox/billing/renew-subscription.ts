import type { Work } from '../objects/work.ts'
import { intervalOf, type Subscription } from './add-subscription.ts'
import { draftInvoice } from './draft-invoice.ts'
import { waitingItems } from './invoice-items.ts'
import { periodLine } from './invoice-lines.ts'
import { currentPeriodEnd } from './next-moment.ts'
import { periodEnd } from './periods.ts'

/** A renewal's invoice can be altered for about an hour: https://docs.stripe.com/billing/invoices/subscription (read 2026-11-22). */
const draftLasts = 3600

/** Moves a subscription (taken, as its customer was) on to its next period and drafts the invoice for it. */
export async function renewSubscription(work: Work, id: string): Promise<void> {
  const before = work.held('subscription', id)
  const passed = {
    start: before.items.data[0]?.current_period_start ?? work.now,
    end: currentPeriodEnd(before),
  }
  const discounts = await remainingDiscounts(work, before)
  const renewed = work.change('subscription', id, {
    discounts,
    items: { ...before.items, data: before.items.data.map((item) => nextPeriod(before, item)) },
    status: before.status === 'trialing' ? 'active' : before.status,
  })
  const invoice = await draftInvoice(work, {
    customer: renewed.customer,
    currency: renewed.currency,
    subscription: renewed,
    reason: 'subscription_cycle',
    items: await waitingItems(work, renewed.customer, renewed.id),
    lines: await Promise.all(renewed.items.data.map((item) => periodLine(work, renewed, item))),
    discounts,
    automaticTax: renewed.automatic_tax.enabled,
    period: passed,
    finalizesAt: renewed.pause_collection?.behavior === 'keep_as_draft' ? null : work.now + draftLasts,
    collectionMethod: renewed.collection_method,
  })
  const linked = work.change('subscription', id, { latest_invoice: invoice.id })
  work.tell('customer.subscription.updated', linked, before)
}

/** An item in the period after its present one. */
export function nextPeriod(subscription: Subscription, item: Subscription['items']['data'][number]) {
  const start = item.current_period_end
  const end = periodEnd(subscription.billing_cycle_anchor, start, intervalOf(item.price))
  return { ...item, current_period_start: start, current_period_end: end }
}

/** The discounts that go on; those whose months are over end here, and are told of. */
async function remainingDiscounts(work: Work, subscription: Subscription): Promise<string[]> {
  const remaining: string[] = []
  for (const id of subscription.discounts) {
    const discount = await work.find('discount', id)
    if (!discount) continue
    if (discount.data.end === null || discount.data.end > work.now) remaining.push(id)
    else work.tell('customer.discount.deleted', discount.data)
  }
  return remaining
}
