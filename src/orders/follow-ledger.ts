import type Stripe from 'stripe'
import { inTransaction, type Transaction } from '../db/database.ts'
import { type Bill, billOfInvoice } from '../ledger/bill.ts'
import { findPaymentNames } from '../ledger/payment-names.ts'
import { type PaidBill, postBills } from '../ledger/post-bill.ts'
import { postMovements } from '../ledger/post-movement.ts'
import { listIntents, noteIntents } from '../ledger/store.ts'
import { isZero, zero } from '../money/money.ts'
import { isMissing } from '../stripe/client.ts'
import { billOfOrder, lastingAsSold } from './bill-of-order.ts'
import type { Order } from './order.ts'
import { listPayments, type Payment } from './payments.ts'
import { type MoneyOfIntent, readMoney } from './read-money.ts'
import { enterRefund, type RefundDeps } from './refunds.ts'
import { findOrder, lockOrder } from './store.ts'

/**
 * Enters into the ledger what is missing of an order: payments that we recorded, and all that Stripe says now of their
 * charges, refunds and disputes. Any number of times: each is posted once. Returns whether there is such an order. Throws
 * what Stripe's client throws; then nothing was changed.
 */
export async function followLedger(deps: RefundDeps, orderId: string): Promise<boolean> {
  const order = await findOrder(deps.db, orderId)
  if (!order) return false
  const bills = await readBills(deps, order)
  const read: MoneyOfIntent[] = []
  for (const id of await intentsOf(deps.db, orderId)) read.push(await readMoney(deps.stripe, id))
  await inTransaction(deps.db, async (tx) => {
    await lockOrder(tx, orderId)
    await postBills(tx, bills, deps.clock())
    for (const money of read) await enter(tx, orderId, money, deps.clock())
  })
  return true
}

/** Those of its payments, and those of what waits for staff. */
export async function intentsOf(db: Transaction, orderId: string): Promise<string[]> {
  const payments = await listPayments(db, orderId)
  const paid = payments.flatMap(({ stripePaymentIntentId }) => stripePaymentIntentId ?? [])
  return [...new Set([...paid, ...(await listIntents(db, orderId))])]
}

async function enter(tx: Transaction, orderId: string, money: MoneyOfIntent, now: Date): Promise<void> {
  const { paymentIntentId, charges, refunds, disputes } = money
  await noteIntents(tx, orderId, [paymentIntentId], now)
  await postMovements(tx, { orderId, paymentIntentId, kind: 'arrival' }, charges, now)
  for (const refund of refunds) await enterRefund(tx, orderId, refund, now)
  await postMovements(tx, { orderId, paymentIntentId, kind: 'dispute' }, disputes, now)
}

/** What was sold for those payments of an order that are not posted, the oldest first. */
async function readBills({ db, stripe }: RefundDeps, order: Order): Promise<PaidBill[]> {
  const payments = await listPayments(db, order.id)
  const { standing } = await findPaymentNames(
    db,
    payments.map((payment) => payment.stripeSourceId),
  )
  const bills: PaidBill[] = payments.length > 0 ? [] : await readBillOfNothing({ db, stripe }, order)
  for (const payment of payments) {
    const { stripeSourceId, stripePaymentIntentId: paymentIntentId, paidAt } = payment
    if (standing.has(stripeSourceId)) continue
    const bill = await readBill(stripe, order, payment)
    bills.push({ orderId: order.id, stripeSourceId, paymentIntentId, bill, paidAt })
  }
  return bills
}

/** Of an order that a discount brought to nothing, so that it has no payment; none for any other. */
async function readBillOfNothing(
  { db, stripe }: Pick<RefundDeps, 'db' | 'stripe'>,
  order: Order,
): Promise<PaidBill[]> {
  const { id: orderId, paidAt, stripeSubscriptionId } = order
  if (!paidAt || !isZero(order.total)) return []
  const paid = { orderId, paymentIntentId: null, paidAt }
  if (!stripeSubscriptionId) {
    const stripeSourceId = await findCompleteSession(db, orderId)
    return stripeSourceId ? [{ ...paid, stripeSourceId, bill: billOfOrder(order, paidAt) }] : []
  }
  const { data } = await stripe.invoices.list({
    subscription: stripeSubscriptionId,
    status: 'paid',
    limit: 100,
  })
  const first = data.find((invoice) => invoice.billing_reason === 'subscription_create')
  return first?.id
    ? [{ ...paid, stripeSourceId: first.id, bill: lastingAsSold(billOfInvoice(first), order) }]
    : []
}

async function findCompleteSession(db: Transaction, orderId: string): Promise<string | null> {
  const row = await db
    .selectFrom('checkout_sessions')
    .select('id')
    .where('order_id', '=', orderId)
    .where('state', '=', 'complete')
    .executeTakeFirst()
  return row?.id ?? null
}

async function readBill(stripe: Stripe, order: Order, payment: Payment): Promise<Bill> {
  const { stripeSourceId, amount, paidAt } = payment
  if (!stripeSourceId.startsWith('in_')) return billOfOrder(order, paidAt)
  try {
    return lastingAsSold(billOfInvoice(await stripe.invoices.retrieve(stripeSourceId)), order)
  } catch (error) {
    if (!isMissing(error)) throw error
    const nothing = zero(order.currency)
    const terms = [{ amount, startsAt: paidAt, months: 1 }]
    return { paid: amount, credit: nothing, discount: nothing, tax: nothing, terms }
  }
}
