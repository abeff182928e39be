import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import type Stripe from 'stripe'
import type { Clock } from '../clock.ts'
import { type Database, inTransaction, type Transaction } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import type { OrderTables } from '../db/tables/orders.ts'
import { type Movement, movementsOfRefund } from '../ledger/movement.ts'
import { postMovements } from '../ledger/post-movement.ts'
import { postRefund } from '../ledger/post-refund.ts'
import { formatMoney } from '../money/format-money.ts'
import { compare, isZero, type Money, minorUnits, money, sum } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf } from '../stripe/client.ts'
import { nextReadNumber } from '../stripe/read-number.ts'
import { askAboutRefund, type NotedRefund } from './ask-about-refund.ts'
import { writeHistory } from './history.ts'
import { type Happening, nextState, type Order } from './order.ts'
import { listPayments } from './payments.ts'
import { lockOrder, updateOrder } from './store.ts'

export interface RefundDeps {
  db: Database
  stripe: Stripe
  clock: Clock
  installation: Installation
}

export interface Refund {
  stripeRefundId: string
  amount: Money
  /** As Stripe has it: pending, requires_action, succeeded, failed, canceled. */
  state: string
  reason: string
  askedAt: Date
}

/** What else follows from an order's new state, in the transaction that writes it. */
export type AfterChange = (tx: Transaction, order: Order, now: Date) => Promise<void>

/** As Stripe has it now, with what it did to Stripe's balance so far. */
export interface ReadRefund extends Refund {
  paymentIntentId: string
  movements: Movement[]
  /** From its metadata: the installation that asked for it; null: it was made at Stripe. */
  installationId: string | null
}

/**
 * Brings an order's refunds and its state to what Stripe says now. Any number of times, in any order. Returns the order
 * as it is then; null: there is no such order. `enterMore`: what else went back, entered after the refunds.
 */
export async function followRefunds(
  deps: RefundDeps,
  orderId: string,
  afterChange: AfterChange,
  enterMore: AfterChange = async () => {},
): Promise<Order | null> {
  const readNumber = await nextReadNumber(deps.db)
  const payments = await listPayments(deps.db, orderId)
  const refunds: ReadRefund[] = []
  for (const { stripePaymentIntentId } of payments) {
    if (stripePaymentIntentId) refunds.push(...(await readRefunds(deps.stripe, stripePaymentIntentId)))
  }
  return inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    if (!order) return null
    const noted: NotedRefund[] = []
    for (const refund of refunds) {
      const isNew = await writeRefund(tx, deps, order, refund, readNumber)
      await enterRefund(tx, order.id, refund, deps.clock())
      const byUs = refund.installationId === deps.installation.id
      noted.push({ ...refund, isNew, byUs, isUndone: isUndone(refund.state) })
    }
    await enterMore(tx, order, deps.clock())
    const recounted = await recountRefunds(tx, order)
    await askAboutRefunds(tx, deps, recounted, noted)
    await afterChange(tx, recounted, deps.clock())
    return recounted
  })
}

/** A payment intent's refunds, the oldest first, with their balance transactions as far as Stripe has made them. */
export async function readRefunds(stripe: Stripe, paymentIntentId: string): Promise<ReadRefund[]> {
  const { data } = await stripe.refunds.list({
    payment_intent: paymentIntentId,
    limit: 100,
    expand: ['data.balance_transaction', 'data.failure_balance_transaction'],
  })
  return data.toReversed().map((refund) => ({
    stripeRefundId: refund.id,
    amount: fromStripeAmount(refund.amount, refund.currency),
    state: refund.status ?? 'pending',
    reason: refund.reason ?? 'none given',
    askedAt: dateOf(refund.created),
    paymentIntentId,
    movements: movementsOfRefund(refund),
    installationId: refund.metadata?.installation ?? null,
  }))
}

/** Into the ledger; all of it is written once, so that an older answer does no harm. */
export async function enterRefund(
  tx: Transaction,
  orderId: string,
  refund: ReadRefund,
  now: Date,
): Promise<void> {
  const { stripeRefundId, paymentIntentId, amount, state, askedAt } = refund
  const undone = isUndone(state)
  await postRefund(tx, { orderId, paymentIntentId, stripeRefundId, amount, undone, at: askedAt }, now)
  await postMovements(tx, { orderId, paymentIntentId, kind: 'arrival' }, refund.movements, now)
}

function isUndone(state: string): boolean {
  return ['failed', 'canceled'].includes(state)
}

/** Returns whether it was not known before. */
async function writeRefund(
  tx: Transaction,
  deps: RefundDeps,
  order: Order,
  refund: Refund,
  readNumber: number,
): Promise<boolean> {
  const known = await tx
    .selectFrom('refunds')
    .select(['id', 'state', 'read_number'])
    .where('stripe_refund_id', '=', refund.stripeRefundId)
    .executeTakeFirst()
  if (known && (known.read_number > readNumber || known.state === refund.state)) return false
  const present = { state: refund.state, read_number: readNumber }
  if (known) await tx.updateTable('refunds').set(present).where('id', '=', known.id).execute()
  else await insertRefund(tx, order, refund, readNumber)
  const text = `Refund of ${formatMoney(refund.amount, deps.installation.locale)}: ${refund.state}`
  await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'stripe' })
  return !known
}

async function askAboutRefunds(
  tx: Transaction,
  { clock, installation }: RefundDeps,
  order: Order,
  refunds: NotedRefund[],
): Promise<void> {
  const { locale } = installation
  for (const refund of refunds) await askAboutRefund(tx, { order, refund, locale, now: clock() })
}

async function insertRefund(
  tx: Transaction,
  order: Order,
  refund: Refund,
  readNumber: number,
): Promise<void> {
  await tx
    .insertInto('refunds')
    .values({
      id: randomUUID(),
      order_id: order.id,
      currency: order.currency,
      amount: minorUnits(refund.amount),
      state: refund.state,
      reason: refund.reason,
      stripe_refund_id: refund.stripeRefundId,
      asked_at: refund.askedAt,
      read_number: readNumber,
    })
    .execute()
}

/** The oldest first. */
export async function listRefunds(db: Transaction, orderId: string): Promise<Refund[]> {
  const rows = await db
    .selectFrom('refunds')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('asked_at')
    .execute()
  return rows.map(toRefund)
}

/** With the order that it belongs to; null: there is none. */
export async function findRefund(
  db: Transaction,
  stripeRefundId: string,
): Promise<(Refund & { orderId: string }) | null> {
  const row = await db
    .selectFrom('refunds')
    .selectAll()
    .where('stripe_refund_id', '=', stripeRefundId)
    .executeTakeFirst()
  return row ? { ...toRefund(row), orderId: row.order_id } : null
}

/** Of these ids of Stripe's, those of refunds that are here. */
export async function listKnownRefunds(db: Transaction, stripeIds: string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('refunds')
    .select('stripe_refund_id as id')
    .where('stripe_refund_id', 'in', stripeIds)
    .execute()
  return new Set(rows.flatMap(({ id }) => id ?? []))
}

function toRefund(row: Selectable<OrderTables['refunds']>): Refund {
  return {
    stripeRefundId: row.stripe_refund_id ?? '',
    amount: money(row.amount, row.currency),
    state: row.state,
    reason: row.reason,
    askedAt: row.asked_at,
  }
}

/**
 * Weighs what an order's refunds have given back against what was paid for it, and brings its state to that. To be called
 * on a locked order when either has changed: a renewal that is paid after all was refunded makes it a part again.
 */
export async function recountRefunds(tx: Transaction, order: Order): Promise<Order> {
  const counting = (await listRefunds(tx, order.id)).filter((refund) => !isUndone(refund.state))
  const refunded = sum(
    counting.map((refund) => refund.amount),
    order.currency,
  )
  const paid = sum(
    (await listPayments(tx, order.id)).map((payment) => payment.amount),
    order.currency,
  )
  const state = nextState(order.state, happeningOf(refunded, paid)) ?? order.state
  await updateOrder(tx, order.id, { refunded: minorUnits(refunded), state })
  return { ...order, refunded, state }
}

function happeningOf(refunded: Money, paid: Money): Happening {
  if (isZero(refunded)) return 'refund_undone'
  return compare(refunded, paid) >= 0 ? 'refunded_in_full' : 'refunded_in_part'
}
