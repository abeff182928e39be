import { removeBought } from '../cart/store.ts'
import type { Transaction } from '../db/database.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { postBills } from '../ledger/post-bill.ts'
import { formatMoney } from '../money/format-money.ts'
import { compare, isZero, type Money, minorUnits, subtract } from '../money/money.ts'
import { billOfOrder, lastingAsSold } from '../orders/bill-of-order.ts'
import { insertDuplicate } from '../orders/duplicates.ts'
import { writeHistory } from '../orders/history.ts'
import type { Order, OrderLine } from '../orders/order.ts'
import { insertPayment } from '../orders/payments.ts'
import { queueFollowCharges } from '../orders/queue-follow-charges.ts'
import { recountRefunds } from '../orders/refunds.ts'
import { updateOrder } from '../orders/store.ts'
import { countRedemption } from '../plans/promotion-store.ts'
import { lockReader, readerForPaidEmail } from '../readers/paid-reader.ts'
import { saveCustomer } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'
import { openPurchase } from './open-purchase.ts'
import type { SessionFacts } from './read-session.ts'
import { queueReceipt } from './receipt.ts'
import { afterMoneyMoved, undoDuplicateJob } from './weigh-duplicate.ts'

/**
 * All that a payment means, in the caller's transaction, which holds the order's lock: its reader, the payment, what it
 * opens, the receipt. `readNumber` was taken before the session was read.
 */
export async function recordPurchase(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  readNumber: number,
): Promise<void> {
  const now = deps.clock()
  const { readerId, created } = await readerOf(tx, order, now)
  const paid: Order = {
    ...order,
    state: 'paid',
    readerId,
    madeReader: created,
    discount: session.discount,
    tax: session.tax,
    total: session.total,
    card: session.card,
    paidAt: now,
    stripeCustomerId: session.customerId,
    stripePaymentIntentId: session.paymentIntentId,
    stripeSubscriptionId: session.subscription?.id ?? null,
  }
  await writePaid(tx, paid)
  await recordPayment(tx, deps, paid, session)
  const duplicates = await openPurchase(tx, deps, paid, readerId, session, readNumber)
  if (session.customerId) await saveCustomer(tx, readerId, order.currency, session.customerId)
  await emptyCart(tx, order, now)
  // After the cart, as placing an order locks them.
  if (order.promotionCodeId) await countRedemption(tx, order.promotionCodeId)
  if (duplicates.length > 0) await recordDuplicates(tx, deps, paid, session, duplicates)
  // Its payment may have been struck: what it opened then waits, and what went back of it counts.
  if (order.state === 'failed') await afterMoneyMoved(deps)(tx, await recountRefunds(tx, paid), now)
  const wantsReceipt = duplicates.length < order.lines.length
  if (wantsReceipt) await queueReceipt(tx, deps, paid, isKept(paid, duplicates) ? renewalOf(session) : null)
}

/** The order's reader, made now for a new address; locked, so that two purchases at once meet here. */
async function readerOf(
  tx: Transaction,
  order: Order,
  now: Date,
): Promise<{ readerId: string; created: boolean }> {
  const reader = order.readerId
    ? { readerId: order.readerId, created: false }
    : await readerForPaidEmail(tx, order.email, now)
  await lockReader(tx, reader.readerId)
  return reader
}

async function emptyCart(tx: Transaction, { cartId, lines }: Order, now: Date): Promise<void> {
  const planIds = lines.map((line) => line.planId)
  if (cartId) await removeBought(tx, cartId, planIds, now)
}

async function writePaid(tx: Transaction, order: Order): Promise<void> {
  await updateOrder(tx, order.id, {
    state: order.state,
    reader_id: order.readerId,
    made_reader: order.madeReader,
    discount: minorUnits(order.discount),
    tax: minorUnits(order.tax),
    total: minorUnits(order.total),
    card: order.card,
    paid_at: order.paidAt,
    stripe_customer_id: order.stripeCustomerId,
    stripe_payment_intent_id: order.stripePaymentIntentId,
    stripe_subscription_id: order.stripeSubscriptionId,
  })
}

async function recordPayment(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
): Promise<void> {
  const now = deps.clock()
  const taken = takenBy(session)
  await writeHistory(tx, order.id, { at: now, text: paidText(deps, session, taken), by: 'stripe' })
  await enterPayment(tx, order, session, now)
  if (isZero(taken)) return
  await insertPayment(tx, {
    orderId: order.id,
    kind: 'first',
    amount: taken,
    stripeSourceId: session.invoiceId ?? session.paymentIntentId ?? session.id,
    stripePaymentIntentId: session.paymentIntentId,
    paidAt: now,
  })
}

/** A first invoice may be paid from the credit that a change of plan left at Stripe: then less is charged than it says. */
function takenBy({ bill, total }: SessionFacts): Money {
  return bill ? bill.paid : total
}

function paidText({ installation }: CheckoutDeps, { total }: SessionFacts, taken: Money): string {
  const amount = formatMoney(taken, installation.locale)
  if (isZero(total)) return 'Settled; there was nothing to pay'
  if (compare(taken, total) >= 0) return `Paid ${amount}`
  const credit = formatMoney(subtract(total, taken), installation.locale)
  return isZero(taken) ? `Paid ${credit} from credit` : `Paid ${amount}, and ${credit} from credit`
}

/** They open nothing; a job cancels them and pays back what they took. */
async function recordDuplicates(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  session: SessionFacts,
  positions: number[],
): Promise<void> {
  const foundAt = deps.clock()
  for (const position of positions) {
    const amount = amountOf(session, order.lines[position])
    await insertDuplicate(tx, { orderId: order.id, position, amount, foundAt })
  }
  const names = positions.map((position) => order.lines[position]?.name).join(', ')
  const text = `Bought what the reader already has (${names}): opens nothing, to be cancelled and paid back`
  await writeHistory(tx, order.id, { at: foundAt, text, by: 'newsstand' })
  const orderId = order.id
  await queueJob(tx, undoDuplicateJob, { orderId }, { key: `${undoDuplicateJob}:${orderId}` })
}

/** Stripe's own figure for a line: its share of the discount and of the tax is rounded as it was charged. */
function amountOf(session: SessionFacts, line: OrderLine | undefined): Money {
  const sold = session.lines.find((one) => line && one.stripePriceId === line.stripePriceId)
  if (!sold) throw new Error(`session ${session.id} does not say what a line took`)
  return sold.total
}

function isKept(order: Order, duplicates: number[]): boolean {
  return order.lines.some((line, position) => line.kind === 'subscription' && !duplicates.includes(position))
}

/** Into the ledger, also where a discount left nothing to pay. The fee follows when Stripe knows it. */
async function enterPayment(tx: Transaction, order: Order, session: SessionFacts, now: Date): Promise<void> {
  const stripeSourceId = session.invoiceId ?? session.paymentIntentId ?? session.id
  const { paymentIntentId } = session
  const bill = session.bill ? lastingAsSold(session.bill, order) : billOfOrder(order, now)
  const paid = { orderId: order.id, stripeSourceId, paymentIntentId, bill, paidAt: now }
  for (const id of await postBills(tx, [paid], now)) await queueFollowCharges(tx, id)
}

/** When the next payment is due; null: none is. */
function renewalOf(session: SessionFacts): Date | null {
  const { subscription } = session
  return subscription && !subscription.endsAt ? subscription.paidUntil : null
}
