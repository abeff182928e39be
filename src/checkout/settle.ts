import { inTransaction, type Transaction } from '../db/database.ts'
import type { Tables } from '../db/tables.ts'
import { noteIntents } from '../ledger/store.ts'
import { formatMoney } from '../money/format-money.ts'
import { recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState, type Order } from '../orders/order.ts'
import { queueFollowCharges } from '../orders/queue-follow-charges.ts'
import { lockOrder, updateOrder } from '../orders/store.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
import { compareSession } from './compare-session.ts'
import type { CheckoutDeps } from './deps.ts'
import { failOrder } from './fail-order.ts'
import { readSession, type SessionFacts } from './read-session.ts'
import { recordPaidBack } from './record-paid-back.ts'
import { recordPurchase } from './record-purchase.ts'
import { findLatestSession, saveSession } from './sessions.ts'

/**
 * settled: this call did it · already: an earlier one had · waiting: a bank is being asked · failed: it did not pay ·
 * open: nothing paid yet · expired: it never will be · held: paid, but not what was ordered: staff must look · foreign: not of this installation
 */
export type SettleOutcome =
  | { outcome: 'settled' | 'already' | 'waiting' | 'failed' | 'open' | 'expired' | 'held'; orderId: string }
  | { outcome: 'foreign' }

/**
 * Brings our order to what Stripe says of its Checkout Session now. The webhook, the return page and the reconciler
 * all call it, any number of times, at once: what is settled once stays as it is.
 * `bankRefused`: Stripe has told so, which an unpaid session does not show by itself.
 * Throws what Stripe's client throws; then nothing was changed.
 */
export async function settle(
  deps: CheckoutDeps,
  sessionId: string,
  told: { bankRefused: boolean } = { bankRefused: false },
): Promise<SettleOutcome> {
  const readNumber = await nextReadNumber(deps.db)
  const read = await readSession(deps.stripe, sessionId)
  const session =
    told.bankRefused && read.payment === 'waiting' ? { ...read, payment: 'failed' as const } : read
  if (session.installationId !== deps.installation.id || !session.orderId) return { outcome: 'foreign' }
  const { orderId } = session
  const settled = await inTransaction<Tables, SettleOutcome>(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return { outcome: 'foreign' }
    await noteSession(tx, deps, order, session)
    const { payment } = session
    if (payment !== 'paid') return { outcome: await applyUnpaid(tx, deps, order, session, payment), orderId }
    if (nextState(order.state, 'paid') !== 'paid') {
      await refusePaidTwice(tx, deps, order, session)
      return { outcome: 'already', orderId }
    }
    const difference = compareSession(order, session, deps.installation.locale)
    if (difference) return hold(tx, deps, order, session, difference)
    await recordPurchase(tx, deps, order, session, readNumber)
    return { outcome: 'settled', orderId }
  })
  // What staff have paid back at Stripe waits for nobody any more.
  const ended = settled.outcome === 'held' && (await recordPaidBack(deps, session))
  return ended ? { outcome: 'already', orderId } : settled
}

/** A session that Stripe made and whose answer we never got is written down here, under the attempt that asked for it. */
async function noteSession(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const { id, url, state, expiresAt } = session
  const attempt = session.attempt ?? order.attempt
  await saveSession(tx, { id, orderId: order.id, attempt, url, state, expiresAt }, deps.clock())
}

async function applyUnpaid(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  payment: Exclude<SessionFacts['payment'], 'paid'>,
): Promise<'waiting' | 'failed' | 'open' | 'expired'> {
  if (session.state === 'expired') return expireOrder(tx, deps, order, session)
  if (payment === 'failed') await failOrder(tx, deps, order, session)
  if (payment === 'waiting') await noteBankAsked(tx, deps, order)
  // What was told to have failed stays so, though it looks like waiting.
  return payment === 'waiting' && order.state === 'failed' ? 'failed' : payment
}

async function noteBankAsked(tx: Transaction, deps: CheckoutDeps, order: Order): Promise<void> {
  if (order.state !== 'pending' || order.bankAskedAt) return
  const now = deps.clock()
  await updateOrder(tx, order.id, { bank_asked_at: now })
  await writeHistory(tx, order.id, { at: now, text: 'The bank is being asked', by: 'stripe' })
}

async function expireOrder(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<'expired'> {
  const latest = await findLatestSession(tx, order.id)
  const next = nextState(order.state, 'session_expired')
  if (next && latest?.id === session.id) {
    await updateOrder(tx, order.id, { state: next })
    await writeHistory(tx, order.id, {
      at: deps.clock(),
      text: 'The payment page expired unpaid',
      by: 'stripe',
    })
  }
  return 'expired'
}

async function hold(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  difference: { stripeSays: string; weSay: string },
): Promise<SettleOutcome> {
  const fix = `Compare order ${order.number} with Checkout Session ${session.id}, then refund it in Stripe or correct it there.`
  await recordDrift(
    tx,
    { kind: 'session_differs', subject: order.number, orderId: order.id, fix, ...difference },
    deps.clock(),
  )
  await followUnsettled(tx, deps, order, session)
  return { outcome: 'held', orderId: order.id }
}

/** Money that waits for staff is in Stripe's balance all the same, and so in the ledger. */
async function followUnsettled(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  { paymentIntentId }: SessionFacts,
): Promise<void> {
  const intents = paymentIntentId ? [paymentIntentId] : []
  for (const id of await noteIntents(tx, order.id, intents, deps.clock())) await queueFollowCharges(tx, id)
}

/** A second session of one order can only be paid by a fault of ours or Stripe's; then a person must see it. */
async function refusePaidTwice(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  if (isWhatPaid(order, session)) return
  const amount = formatMoney(session.total, deps.installation.locale)
  const difference = {
    kind: 'paid_twice',
    subject: session.id,
    orderId: order.id,
    stripeSays: `Checkout Session ${session.id} is paid too, ${amount}`,
    weSay: `${order.number} was paid by ${order.stripePaymentIntentId ?? order.stripeSubscriptionId}`,
    fix: session.subscription
      ? `Cancel the subscription ${session.subscription.id} and refund the payment of ${session.id} in Stripe.`
      : `Refund the payment of ${session.id} in Stripe.`,
  } as const
  await recordDrift(tx, difference, deps.clock())
  await followUnsettled(tx, deps, order, session)
}

/** A subscription is begun by one session; the payment intent of its first invoice may become known only later. */
export function isWhatPaid(order: Order, session: SessionFacts): boolean {
  if (order.stripeSubscriptionId) return session.subscription?.id === order.stripeSubscriptionId
  return !session.subscription && session.paymentIntentId === order.stripePaymentIntentId
}
