import { newId } from '../objects/ids.ts'
import type { Work } from '../objects/work.ts'
import type { Subscription } from './add-subscription.ts'
import { composeInvoice } from './draft-invoice.ts'
import { waitingItems } from './invoice-items.ts'
import { periodLine } from './invoice-lines.ts'
import { currentPeriodEnd } from './next-moment.ts'
import { nextPeriod } from './renew-subscription.ts'

/**
 * Tells of the invoice that a subscription's renewal (taken) will bring. It is not kept, and its id leads nowhere: the API
 * sends none, but its schema asks for one.
 */
export async function announceInvoice(work: Work, subscription: Subscription): Promise<void> {
  const end = currentPeriodEnd(subscription)
  work.hide('subscription', subscription.id, { announcedPeriodEnd: end })
  const items = subscription.items.data.map((item) => nextPeriod(subscription, item))
  const renewed: Subscription = {
    ...subscription,
    items: { ...subscription.items, data: items },
    status: 'active',
  }
  const invoice = await composeInvoice(work, newId('in_'), {
    customer: renewed.customer,
    currency: renewed.currency,
    subscription: renewed,
    reason: 'upcoming',
    items: await waitingItems(work, renewed.customer, renewed.id),
    lines: await Promise.all(items.map((item) => periodLine(work, renewed, item))),
    discounts: renewed.discounts,
    automaticTax: renewed.automatic_tax.enabled,
    period: { start: subscription.items.data[0]?.current_period_start ?? end, end },
    finalizesAt: null,
    collectionMethod: renewed.collection_method,
  })
  work.tell('invoice.upcoming', { ...invoice, next_payment_attempt: end + 3600 })
}
