import type { Work } from '../objects/work.ts'
import type { Subscription, SubscriptionItem } from './add-subscription.ts'
import { amountOf } from './amounts.ts'
import { appliedDiscounts } from './discounts.ts'
import type { NewInvoiceItem } from './invoice-items.ts'
import { priceIn } from './price-in.ts'
import { type AppliedDiscount, priceLines } from './price-lines.ts'

/**
 * What a change of items at `at` (seconds) is worth: credit for the rest of what was paid, and the price of the rest with
 * what comes instead, each net of the subscription's shares off. `after` empty: only the credits.
 */
export async function prorations(
  work: Work,
  subscription: Subscription,
  after: readonly SubscriptionItem[],
  at: number,
): Promise<NewInvoiceItem[]> {
  const shares = (await appliedDiscounts(work, subscription.discounts)).filter(
    (one) => one.percentOff !== null,
  )
  const before = subscription.items.data
  const gone = before.filter((item) => !after.some((other) => isSame(item, other)))
  const come = after.filter((item) => !before.some((other) => isSame(item, other)))
  const names = new Map<string, string>()
  for (const { price } of [...gone, ...come]) names.set(price.product, await nameOf(work, price.product))
  const itemise = (item: SubscriptionItem, sign: 1 | -1) =>
    proration(work, subscription, item, { at, sign, shares, name: names.get(item.price.product) ?? '' })
  return Promise.all([...gone.map((item) => itemise(item, -1)), ...come.map((item) => itemise(item, 1))])
}

function isSame(a: SubscriptionItem, b: SubscriptionItem): boolean {
  return a.id === b.id && a.price.id === b.price.id && a.quantity === b.quantity
}

async function nameOf(work: Work, product: string): Promise<string> {
  return (await work.find('product', product))?.data.name ?? product
}

async function proration(
  work: Work,
  subscription: Subscription,
  item: SubscriptionItem,
  how: { at: number; sign: 1 | -1; shares: AppliedDiscount[]; name: string },
): Promise<NewInvoiceItem> {
  const { current_period_start: start, current_period_end: end } = item
  const price = await priceIn(work, item.price, subscription.currency, 'items')
  const quantity = item.quantity ?? 1
  const line = {
    subtotal: amountOf(price, quantity),
    product: price.product,
    taxInclusive: false,
    discountable: true,
  }
  const net = priceLines([line], how.shares, null)[0]?.total ?? 0
  const left = end > start ? Math.max(end - how.at, 0) / (end - start) : 0
  const day = new Intl.DateTimeFormat('en-GB', {
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
  const what = how.sign < 0 ? 'Unused time on' : 'Remaining time on'
  return {
    customer: subscription.customer,
    currency: subscription.currency,
    amount: how.sign * Math.round(net * left),
    quantity,
    price,
    description: `${what} ${quantity > 1 ? `${quantity} × ` : ''}${how.name} after ${day.format(how.at * 1000)}`,
    period: { start: how.at, end },
    proration: true,
    discountable: false,
    metadata: subscription.metadata,
    subscription: subscription.id,
    subscriptionItem: item.id,
    invoice: null,
  }
}
