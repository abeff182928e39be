import { amountOf, listReturned } from '../../checkout/return-credit.ts'
import { undoDuplicate } from '../../checkout/undo-duplicate.ts'
import type { Transaction } from '../../db/database.ts'
import { creditOf } from '../../ledger/credit.ts'
import { formatMoney } from '../../money/format-money.ts'
import { compare, type Money, subtract, sum } from '../../money/money.ts'
import { type Duplicate, listDuplicates, owedCredit, owedOf } from '../../orders/duplicates.ts'
import type { Order } from '../../orders/order.ts'
import { listPayments } from '../../orders/payments.ts'
import { findOrder, findOrderByNumber, lockOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import { findSubscriptionOfOrder } from '../../subscriptions/store.ts'
import { readLeft } from '../ask.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind } from '../kind.ts'
import type { OurSubscription, Scan } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'

/** A duplicate that still lives at Stripe, or whose money has not gone back: its refund failed, or its dispute was won. */
export const duplicateNotPaidBack: Kind = {
  title: 'Bought twice, and not undone',
  find: { 'our subscriptions': listNumbers },
  look: async (deps, number) => {
    const order = await findOrderByNumber(deps.db, number)
    const duplicates = order ? await listDuplicates(deps.db, order) : []
    if (!order || duplicates.length === 0) return noDifference
    const lives = await livesAtStripe(deps, order)
    const missing = await readMissing(deps, order, duplicates)
    const anyMissing = compare(missing, subtract(missing, missing)) > 0
    if (!lives && !anyMissing) return noDifference
    return async (tx) => {
      const now = await lockOrder(tx, order.id)
      // While it is disputed the bank has its money, and Stripe refunds nothing.
      if (!now || (!lives && now.state === 'disputed')) return null
      const amount = formatMoney(missing, deps.installation.locale)
      return {
        orderId: order.id,
        stripeSays: lives ? 'Its second subscription goes on' : `${amount} has not gone back`,
        weSay: `Order ${number} sold what its reader had: to be cancelled and paid back`,
        fix: 'Undo it again.',
      }
    }
  },
  fixes: [
    {
      name: 'refund',
      label: 'Cancel and pay back',
      confirm:
        'At Stripe, the duplicate is cancelled and what was paid for it goes back: to the card what was charged, to the reader’s credit what that paid.',
      apply: async (deps, { orderId }) => {
        const order = orderId ? await findOrder(deps.db, orderId) : null
        if (!order) throw new CannotMend('It belongs to no order.')
        await undoDuplicate(deps, order.id)
      },
    },
  ],
}

/** Of orders whose subscription is a duplicate; of a pass that is one, its refund tells. */
async function listNumbers({ db }: Scan, subscriptions: OurSubscription[]): Promise<string[]> {
  const ids = subscriptions.filter(({ duplicate }) => duplicate).map((one) => one.stripeSubscriptionId)
  return ids.length > 0 ? numbersOf(db, ids) : []
}

async function numbersOf(db: Transaction, ids: string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('orders')
    .innerJoin('subscriptions', 'subscriptions.order_id', 'orders.id')
    .select('number')
    .where('subscriptions.stripe_subscription_id', 'in', ids)
    .execute()
  return rows.map(({ number }) => number)
}

async function livesAtStripe({ db, stripe }: ReconcileDeps, order: Order): Promise<boolean> {
  const ours = await findSubscriptionOfOrder(db, order.id)
  if (!ours?.duplicate) return false
  const theirs = await orNull(stripe.subscriptions.retrieve(ours.stripeSubscriptionId))
  return theirs !== null && theirs.status !== 'canceled'
}

/** What was owed and has not gone back, over the order's payments and the credit that it used. */
async function readMissing(
  deps: ReconcileDeps,
  order: Order,
  duplicates: readonly Duplicate[],
): Promise<Money> {
  const { db, stripe } = deps
  const missing: Money[] = []
  const payments = await listPayments(db, order.id)
  for (const payment of payments) {
    if (!payment.stripePaymentIntentId) continue
    const { left } = await readLeft(stripe, payment.stripePaymentIntentId)
    const back = subtract(payment.amount, left)
    const owed = owedOf(payment, order, duplicates)
    if (compare(back, owed) < 0) missing.push(subtract(owed, back))
  }
  const { used } = await creditOf(db, order.id, order.currency)
  const credit = owedCredit(order, payments, duplicates, used)
  const returned = amountOf(await listReturned(deps, order), order)
  if (compare(returned, credit) < 0) missing.push(subtract(credit, returned))
  return sum(missing, order.currency)
}
