import { type Entitlement, stateAt } from '../entitlements/entitlement.ts'
import { overdueOf } from '../entitlements/overdue.ts'
import { listEntitlementsOf } from '../entitlements/store.ts'
import { formatMoney } from '../money/format-money.ts'
import { type Order, orderStateText } from '../orders/order.ts'
import { listOrdersOf } from '../orders/store.ts'
import { opensText } from '../plans/pages.ts'
import { perText } from '../plans/plan.ts'
import { type Collection, findPlanById, findPriceById, listCollections } from '../plans/store.ts'
import { listSubscriptionsOf } from '../subscriptions/store.ts'
import { renewalOf, type Subscription, stateText } from '../subscriptions/subscription.ts'
import { canEnd, canGoOn } from './cancel-subscription.ts'
import { canChangeCard } from './card-page.ts'
import type { AccountRoutesDeps, SignedInReader } from './deps.ts'

/** What a reader has, pays and ordered. */
export async function accountModel(deps: AccountRoutesDeps, reader: SignedInReader) {
  const { db, clock } = deps
  const [subscriptions, entitlements, orders, collections] = await Promise.all([
    listSubscriptionsOf(db, reader.readerId),
    listEntitlementsOf(db, reader.readerId),
    listOrdersOf(db, reader.readerId),
    listCollections(db),
  ])
  const open = entitlements.filter((one) => ['open', 'running_on', 'held'].includes(stateAt(one, clock())))
  return {
    email: reader.email,
    proved: reader.proved,
    proveNeeded: !reader.proved,
    correctEmail: !reader.proved,
    subscriptions: await Promise.all(subscriptions.map((one) => subscriptionView(deps, one, orders))),
    entitlements: open.map((one) => entitlementView(deps, one, collections)),
    orders: orders.map((order) => orderRow(deps, order)),
  }
}

async function subscriptionView(
  { db, calendar, clock, grace, installation }: AccountRoutesDeps,
  subscription: Subscription,
  orders: Order[],
) {
  // Not the order's line: the plan may have been changed since.
  const [plan, price] = await Promise.all([
    findPlanById(db, subscription.planId),
    findPriceById(db, subscription.priceId),
  ])
  const renews = renewalOf(subscription)
  const ends = subscription.endedAt ?? subscription.endsAt
  const overdue = subscription.duplicate ? null : overdueOf(subscription, grace, clock())
  return {
    id: subscription.id,
    name: plan.name,
    canEnd: canEnd(subscription),
    canGoOn: canGoOn(subscription),
    canChangeCard: canChangeCard(subscription),
    overdue: overdue ? { isOver: overdue.isOver, until: calendar.date(overdue.readsUntil) } : null,
    stateText: stateText(subscription),
    per: perText(price.interval),
    price: formatMoney(price.amount, installation.locale),
    renews: renews ? calendar.date(renews) : null,
    ends: ends ? calendar.date(ends) : null,
    orderNumber: orders.find((one) => one.id === subscription.orderId)?.number ?? '',
  }
}

function entitlementView(
  { calendar, clock }: AccountRoutesDeps,
  entitlement: Entitlement,
  collections: Map<string, Collection>,
) {
  const state = stateAt(entitlement, clock())
  const held = state === 'held'
  const until = state === 'running_on' ? entitlement.runsOnUntil : entitlement.endsAt
  const text = opensText(entitlement.opens, collections).join(' ')
  return {
    text: held ? `${text} (waiting, because of a ${entitlement.held})` : text,
    from: calendar.date(entitlement.startsAt),
    until: until ? calendar.date(until) : null,
  }
}

function orderRow({ calendar, installation }: AccountRoutesDeps, order: Order) {
  return {
    number: order.number,
    placed: calendar.date(order.placedAt),
    total: formatMoney(order.total, installation.locale),
    state: order.state,
    stateText: orderStateText(order),
  }
}
