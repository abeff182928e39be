import type { LineItem } from '../objects/hidden.ts'
import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { Subscription, SubscriptionItem } from './add-subscription.ts'
import { amountOf, formatAmount, formatInterval } from './amounts.ts'
import type { DraftLine } from './draft.ts'
import { priceIn } from './price-in.ts'

/** The line for an item's present period; a trial's is free. */
export async function periodLine(
  work: Work,
  subscription: Subscription,
  item: SubscriptionItem,
): Promise<DraftLine> {
  const price = await priceIn(work, item.price, subscription.currency, 'items')
  const quantity = item.quantity ?? 1
  const product = await work.find('product', price.product)
  const name = product && 'name' in product.data ? product.data.name : price.product
  const trial = subscription.status === 'trialing'
  const each = `${formatAmount(amountOf(price, 1), price.currency)} / ${formatInterval(price)}`
  return {
    description: trial ? `Trial period for ${name}` : `${quantity} × ${name} (at ${each})`,
    amount: trial ? 0 : amountOf(price, quantity),
    quantity,
    price,
    period: { start: item.current_period_start, end: item.current_period_end },
    proration: false,
    subscriptionItem: item.id,
    invoiceItem: null,
    metadata: subscription.metadata,
    discountable: true,
  }
}

/** The line for something that is paid once. */
export async function singleLine(
  work: Work,
  line: LineItem & { price: Shapes['price'] },
): Promise<DraftLine> {
  const price = await priceIn(work, line.price, line.currency, 'line_items')
  const quantity = line.quantity ?? 1
  return {
    description: line.description ?? '',
    amount: amountOf(price, quantity),
    quantity,
    price,
    period: { start: work.now, end: work.now },
    proration: false,
    subscriptionItem: null,
    invoiceItem: newId('ii_'),
    metadata: {},
  }
}
