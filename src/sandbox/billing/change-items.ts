import { newId } from '../objects/ids.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { activePrice } from './active-price.ts'
import { intervalOf, planOf, type Subscription, type SubscriptionItem } from './add-subscription.ts'
import { periodEnd } from './periods.ts'
import { priceIn } from './price-in.ts'
import type { ItemChanges } from './subscription-fields.ts'

/** A subscription's items after a request, in the period that they had; new ones join it. */
export async function changedItems(
  work: Work,
  subscription: Subscription,
  changes: ItemChanges,
): Promise<SubscriptionItem[]> {
  let items = subscription.items.data
  for (const [index, change] of changes.entries()) {
    items = await applyChange(work, subscription, items, change, `items[${index}]`)
  }
  if (items.length === 0) {
    throw invalid('A subscription must have at least one active plan.', 'items')
  }
  await refuseMixture(work, subscription, items)
  return items
}

async function applyChange(
  work: Work,
  subscription: Subscription,
  items: SubscriptionItem[],
  change: ItemChanges[number],
  at: string,
): Promise<SubscriptionItem[]> {
  const before = items.find((item) => item.id === change.id)
  if (change.id && !before) {
    throw invalid(`No such subscription item: '${change.id}'`, `${at}[id]`, 'resource_missing')
  }
  if (before && change.deleted) return items.filter((item) => item !== before)
  const price = change.price ? await sellable(work, change.price, `${at}[price]`) : before?.price
  if (!price) throw invalid(`Missing required param: ${at}[price].`, `${at}[price]`, 'parameter_missing')
  const changed: SubscriptionItem = {
    ...(before ?? newItem(work, subscription, price)),
    metadata: mergeMetadata(before?.metadata ?? {}, change.metadata),
    plan: planOf(price),
    price,
    quantity: change.quantity ?? before?.quantity ?? 1,
  }
  return before ? items.map((item) => (item === before ? changed : item)) : [...items, changed]
}

/** A price that a subscription may have. Throws the API's 400 for one that is paid once or is no longer sold. */
export async function sellable(work: Work, id: string, at: string): Promise<Shapes['price']> {
  const price = await activePrice(work, id, at)
  if (!price.recurring) {
    throw invalid(
      `The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`,
      at,
    )
  }
  return price
}

function newItem(work: Work, subscription: Subscription, price: Shapes['price']): SubscriptionItem {
  const [first] = subscription.items.data
  return {
    id: newId('si_', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: work.now,
    current_period_end: first?.current_period_end ?? work.now,
    current_period_start: first?.current_period_start ?? work.now,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    quantity: 1,
    subscription: subscription.id,
    tax_rates: [],
  }
}

async function refuseMixture(
  work: Work,
  subscription: Subscription,
  items: SubscriptionItem[],
): Promise<void> {
  if (new Set(items.map(({ price }) => paceOf(price))).size > 1) {
    throw invalid('Currently, all items of a subscription here must have the same billing interval.', 'items')
  }
  for (const { price } of items) await priceIn(work, price, subscription.currency, 'items')
}

/** How often a price is paid, as text that can be compared. */
export function paceOf(price: Shapes['price']): string {
  const { interval, interval_count } = intervalOf(price)
  return `${interval_count} ${interval}`
}

/** Items that start a period of their own now. */
export function restarted(items: SubscriptionItem[], now: number): SubscriptionItem[] {
  return items.map((item) => ({
    ...item,
    current_period_start: now,
    current_period_end: periodEnd(now, now, intervalOf(item.price)),
  }))
}
