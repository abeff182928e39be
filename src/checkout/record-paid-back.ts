import type Stripe from 'stripe'
import { inTransaction, type Transaction } from '../db/database.ts'
import { holdByState } from '../entitlements/hold.ts'
import { formatMoney } from '../money/format-money.ts'
import { compare, isZero, type Money, minorUnits, sum } from '../money/money.ts'
import { closeDrift } from '../orders/drift.ts'
import { followLedger } from '../orders/follow-ledger.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState, type Order } from '../orders/order.ts'
import { insertPayment, type Payment } from '../orders/payments.ts'
import { followRefunds } from '../orders/refunds.ts'
import { lockOrder, updateOrder } from '../orders/store.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { readSubscription } from '../subscriptions/read-subscription.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SessionFacts } from './read-session.ts'

type Taken = Pick<Payment, 'kind' | 'amount' | 'stripeSourceId' | 'stripePaymentIntentId' | 'paidAt'>

/**
 * Ends an order that was paid and never settled, because it was not what was ordered: once Stripe has ended its
 * subscription and given all back, payment and refund go on record, and nothing opens. Returns whether it has ended so.
 */
export async function recordPaidBack(deps: CheckoutDeps, session: SessionFacts): Promise<boolean> {
  const { orderId } = session
  if (session.payment !== 'paid' || !orderId) return false
  const taken = await readTaken(deps, session)
  if (!taken || !(await isAllBack(deps.stripe, taken))) return false
  const ended = await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order || nextState(order.state, 'paid') !== 'paid') return false
    await writeTaken(tx, deps, order, session, taken)
    return true
  })
  if (!ended) return false
  await followRefunds(deps, orderId, holdByState)
  await followLedger(deps, orderId)
  return true
}

/** What Stripe took for a session; null: its subscription lives, and may take more. */
async function readTaken(deps: CheckoutDeps, session: SessionFacts): Promise<Taken[] | null> {
  if (!session.subscription) {
    const { paymentIntentId, total } = session
    const source = { stripeSourceId: paymentIntentId ?? session.id, stripePaymentIntentId: paymentIntentId }
    return isZero(total) ? [] : [{ kind: 'first', amount: total, paidAt: deps.clock(), ...source }]
  }
  const { state, payments } = await readSubscription(deps.stripe, session.subscription.id)
  if (state !== 'canceled') return null
  return payments.map(({ invoiceId, paymentIntentId, renewal, amount, paidAt }) => ({
    kind: renewal ? 'renewal' : 'first',
    amount,
    paidAt,
    stripeSourceId: invoiceId,
    stripePaymentIntentId: paymentIntentId,
  }))
}

async function isAllBack(stripe: Stripe, taken: Taken[]): Promise<boolean> {
  for (const { amount, stripePaymentIntentId } of taken) {
    if (!stripePaymentIntentId) return false
    const { data } = await stripe.refunds.list({ payment_intent: stripePaymentIntentId, limit: 100 })
    const counting = data.filter(({ status }) => status !== 'failed' && status !== 'canceled')
    const back: Money[] = counting.map((refund) => fromStripeAmount(refund.amount, refund.currency))
    const [first] = back
    if (!first || compare(sum(back, data[0]?.currency.toUpperCase() ?? ''), amount) < 0) return false
  }
  return true
}

async function writeTaken(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  taken: Taken[],
): Promise<void> {
  const at = deps.clock()
  await updateOrder(tx, order.id, {
    state: 'paid',
    paid_at: at,
    discount: minorUnits(session.discount),
    tax: minorUnits(session.tax),
    total: minorUnits(session.total),
    card: session.card,
    stripe_customer_id: session.customerId,
    stripe_payment_intent_id: session.paymentIntentId,
    stripe_subscription_id: session.subscription?.id ?? null,
  })
  for (const payment of taken) await insertPayment(tx, { orderId: order.id, ...payment })
  const amount = formatMoney(session.total, deps.installation.locale)
  const text = `Paid ${amount}, which was not settled; it was paid back, and nothing was opened`
  await writeHistory(tx, order.id, { at, text, by: 'stripe' })
  const end = { by: 'newsstand', how: 'It was paid back at Stripe' }
  await closeDrift(tx, { kind: 'session_differs', subject: order.number }, at, end)
}
