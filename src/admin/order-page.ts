import { type Request, type Response, Router } from 'express'
import { listEntitlementsOfOrder } from '../entitlements/store.ts'
import { NotFound } from '../errors.ts'
import { formatMoney } from '../money/format-money.ts'
import { type FoundDrift, listDrift, questionKinds } from '../orders/drift.ts'
import { listHistory } from '../orders/history.ts'
import type { Order } from '../orders/order.ts'
import { orderView } from '../orders/pages.ts'
import { listPayments } from '../orders/payments.ts'
import { listRefunds } from '../orders/refunds.ts'
import { findOrderByNumber } from '../orders/store.ts'
import { findPlanById, listCollections } from '../plans/store.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { renewalOf, type Subscription, stateText } from '../subscriptions/subscription.ts'
import type { AdminDeps } from './deps.ts'
import { entryRows } from './entry-rows.ts'
import { findPostings, type PostingFilters } from './find-postings.ts'
import { accessView } from './order-access.ts'
import { questionsView } from './order-questions.ts'
import { dashboardUrl } from './stripe-dashboard.ts'

/** A monthly subscription's of eight years; the ledger's page has the rest. */
const mostPostings = 200

export function orderRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/orders/:number', (req, res) => showOrder(deps, req, res, req.params.number))
  return router
}

async function showOrder(deps: AdminDeps, req: Request, res: Response, number: string): Promise<void> {
  const order = await findOrderByNumber(deps.db, number)
  if (!order) throw new NotFound('There is no order with this number.')
  await deps.render(req, res, {
    view: 'admin/order',
    title: `Order ${order.number}`,
    layout: 'staff',
    noindex: true,
    secret: true,
    model: await orderModel(deps, order),
  })
}

async function orderModel(deps: AdminDeps, order: Order) {
  const { db, calendar, installation } = deps
  const [subscription, collections, payments, refunds, entitlements, history, drift, sessions, postings] =
    await Promise.all([
      findSubscriptionOfOrder(db, order.id),
      listCollections(db),
      listPayments(db, order.id),
      listRefunds(db, order.id),
      listEntitlementsOfOrder(db, order.id),
      listHistory(db, order.id),
      listDrift(db, order.id),
      db
        .selectFrom('checkout_sessions')
        .select('id')
        .where('order_id', '=', order.id)
        .orderBy('attempt')
        .execute(),
      findPostings(db, allOf(order, installation.zone), {
        order: 'oldest',
        after: null,
        limit: mostPostings,
      }),
    ])
  const renewsAt = subscription ? renewalOf(subscription) : null
  const amount = (value: Parameters<typeof formatMoney>[0]) => formatMoney(value, installation.locale)
  const stripe = [...sessions.map(({ id }) => ['Checkout Session', id] as const), ...stripeIds(order)]
  return {
    order: {
      ...orderView(order, { installation, calendar, collections, renewsAt }),
      readerId: order.readerId,
      attempt: order.attempt,
      stripe: stripe.map(([label, id]) => ({ label, id, url: dashboardUrl(installation.mode, label, id) })),
    },
    payments: payments.map((payment) => ({
      amount: amount(payment.amount),
      at: calendar.time(payment.paidAt),
      stripeId: payment.stripePaymentIntentId ?? payment.stripeSourceId,
      kind: payment.kind === 'first' ? 'First payment' : 'Renewal',
    })),
    refunds: refunds.map((refund) => ({
      amount: amount(refund.amount),
      at: calendar.time(refund.askedAt),
      state: refund.state,
      stripeId: refund.stripeRefundId,
    })),
    // As it was written: Stripe's seconds would put the fee before the payment.
    entries: postings.toSorted((a, b) => a.id - b.id).flatMap((posting) => entryRows(deps, posting)),
    subscription: subscription ? await subscriptionView(deps, subscription) : null,
    access: accessView(deps, entitlements, subscription),
    questions: questionsView(order, drift),
    history: history.map(({ at, text, by }) => ({ at: calendar.time(at), text, by })),
    drift: drift.filter(isOpenDifference).map(({ id, foundAt, stripeSays, weSay, fix }) => ({
      found: calendar.time(foundAt),
      stripeSays,
      weSay,
      fix,
      url: `/admin/drift/${id}`,
    })),
  }
}

function isOpenDifference({ kind, closedAt }: FoundDrift): boolean {
  return closedAt === null && !questionKinds.includes(kind)
}

function allOf(order: Order, zone: string): PostingFilters {
  return { from: null, until: null, account: null, orderId: order.id, zone }
}

function stripeIds(order: Order): (readonly [string, string])[] {
  const ids = {
    Customer: order.stripeCustomerId,
    'Payment intent': order.stripePaymentIntentId,
    Subscription: order.stripeSubscriptionId,
  }
  return Object.entries(ids).flatMap(([label, id]) => (id ? [[label, id] as const] : []))
}

async function subscriptionView({ db, calendar }: AdminDeps, subscription: Subscription) {
  return {
    plan: (await findPlanById(db, subscription.planId)).name,
    state: stateText(subscription),
    paidUntil: calendar.time(subscription.paidUntil),
    cancelAt: subscription.endsAt ? calendar.time(subscription.endsAt) : null,
    stripeId: subscription.stripeSubscriptionId,
  }
}
