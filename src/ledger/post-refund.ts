import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import {
  allocate,
  currencyCode,
  type Money,
  minorUnits,
  money,
  negate,
  subtract,
  zero,
} from '../money/money.ts'
import { type Entry, type Posting, reversed } from './posting.ts'
import { findEntries, post } from './store.ts'

export interface RefundOf {
  orderId: string
  paymentIntentId: string
  stripeRefundId: string
  amount: Money
  /** Stripe could not give it back, or it was called off. */
  undone: boolean
  at: Date
}

/**
 * Posts a refund once, with the tax in it, and once more the other way when it is undone. On a locked order: what earlier
 * refunds gave back decides how much of the tax is in this one.
 */
export async function postRefund(tx: Transaction, refund: RefundOf, now: Date): Promise<void> {
  const { orderId, paymentIntentId, stripeRefundId, at } = refund
  const cause = { orderId, paymentIntentId, stripeId: stripeRefundId, at, terms: [] }
  const known = await findEntries(tx, 'refund', stripeRefundId)
  const entries = known ?? (await entriesOf(tx, refund))
  if (!known) await post(tx, { ...cause, kind: 'refund', entries } satisfies Posting, now)
  if (refund.undone)
    await post(tx, { ...cause, kind: 'refund_undone', at: now, entries: reversed(entries) }, now)
}

async function entriesOf(tx: Transaction, { paymentIntentId, amount }: RefundOf): Promise<Entry[]> {
  const tax = taxIn(amount, await findPaid(tx, { paymentIntentId }, currencyCode(amount)))
  return entriesFrom('stripe_pending', amount, tax)
}

export interface ReturnedTo {
  orderId: string
  /** Of the customer balance transaction that gave it back. */
  stripeId: string
  amount: Money
  at: Date
}

/**
 * Posts what was given back to a reader's credit at Stripe, once, with the tax in it: what the order's refunds, entered
 * before it, have left of its tax. Nothing moves in Stripe's balance. On a locked order.
 */
export async function postReturnedCredit(tx: Transaction, returned: ReturnedTo, now: Date): Promise<void> {
  const { orderId, stripeId, amount, at } = returned
  if (await findEntries(tx, 'refund', stripeId)) return
  const paid = await findPaid(tx, { orderId }, currencyCode(amount))
  const entries = entriesFrom('credit', amount, taxIn(amount, paid))
  const cause = { orderId, kind: 'refund', stripeId, paymentIntentId: null, at } as const
  await post(tx, { ...cause, entries, terms: [] }, now)
}

function entriesFrom(account: 'stripe_pending' | 'credit', amount: Money, tax: Money): Entry[] {
  return [
    { account: 'refunds', amount: subtract(amount, tax) },
    { account: 'tax', amount: tax },
    { account, amount: negate(amount) },
  ]
}

export interface PaidSoFar {
  /** What was paid, by whatever means, and the tax in it. */
  paid: Money
  tax: Money
  /** What of both went back before. */
  refunded: Money
  taxRefunded: Money
}

/**
 * The tax in a refund. Stripe's refunds name none, so it is the tax of the payment in the refund's proportion, reckoned on
 * all that went back until then: the last cent of a payment takes the last cent of its tax with it.
 */
export function taxIn(amount: Money, { paid, tax, refunded, taxRefunded }: PaidSoFar): Money {
  const back = minorUnits(amount) + minorUnits(refunded)
  const kept = minorUnits(paid) - back
  if (minorUnits(paid) <= 0) return zero(currencyCode(amount))
  const [share = tax] = allocate(tax, kept > 0 ? [back, kept] : [1, 0])
  return subtract(share, taxRefunded)
}

/** By one payment, or by all of an order. */
async function findPaid(
  tx: Transaction,
  by: { paymentIntentId: string } | { orderId: string },
  currency: string,
): Promise<PaidSoFar> {
  const total = (kind: 'payment' | 'refund', ...accounts: string[]) =>
    sql<number>`coalesce(sum(amount) filter (where account = any(${accounts}::text[]) and (kind IN ('payment', 'payment_undone')) = ${kind === 'payment'}), 0)::bigint`
  const row = await tx
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select([
      total('payment', 'stripe_pending', 'credit').as('paid'),
      total('payment', 'tax').as('tax'),
      total('refund', 'stripe_pending', 'credit').as('refunded'),
      total('refund', 'tax').as('taxRefunded'),
    ])
    .where(
      'paymentIntentId' in by ? 'stripe_payment_intent_id' : 'order_id',
      '=',
      'paymentIntentId' in by ? by.paymentIntentId : by.orderId,
    )
    .where('kind', 'in', ['payment', 'payment_undone', 'refund', 'refund_undone'])
    .executeTakeFirstOrThrow()
  return {
    paid: money(row.paid, currency),
    tax: negate(money(row.tax, currency)),
    refunded: negate(money(row.refunded, currency)),
    taxRefunded: money(row.taxRefunded, currency),
  }
}
