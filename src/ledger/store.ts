import type { Transaction } from '../db/database.ts'
import { currencyCode, minorUnits, money } from '../money/money.ts'
import type { Term } from './bill.ts'
import { type Entry, moving, type Posting, type PostingKind } from './posting.ts'

/**
 * Writes a posting once, however often its cause is met. Returns whether it was new. One that moves nothing is none. The
 * commit throws where it does not balance.
 */
export async function post(tx: Transaction, posting: Posting, now: Date): Promise<boolean> {
  const entries = moving(posting.entries)
  if (entries.length === 0) return false
  const row = await tx
    .insertInto('ledger_postings')
    .values({
      order_id: posting.orderId,
      kind: posting.kind,
      stripe_id: posting.stripeId,
      stripe_payment_intent_id: posting.paymentIntentId,
      at: posting.at,
      posted_at: now,
    })
    .onConflict((conflict) => conflict.columns(['kind', 'stripe_id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!row) return false
  await insertEntries(tx, row.id, entries)
  await insertTerms(tx, row.id, posting)
  return true
}

async function insertEntries(tx: Transaction, postingId: number, entries: Entry[]): Promise<void> {
  const rows = entries.map(({ account, amount }, line) => ({
    posting_id: postingId,
    line,
    account,
    currency: currencyCode(amount),
    amount: minorUnits(amount),
  }))
  await tx.insertInto('ledger_entries').values(rows).execute()
}

async function insertTerms(tx: Transaction, postingId: number, { terms }: Posting): Promise<void> {
  if (terms.length === 0) return
  const rows = terms.map(({ amount, startsAt, months }, line) => ({
    posting_id: postingId,
    line,
    currency: currencyCode(amount),
    amount: minorUnits(amount),
    starts_at: startsAt,
    months,
  }))
  await tx.insertInto('ledger_terms').values(rows).execute()
}

/** Of these causes, those that are posted. */
export async function listPosted(
  tx: Transaction,
  kind: PostingKind,
  stripeIds: string[],
): Promise<Set<string>> {
  if (stripeIds.length === 0) return new Set()
  const rows = await tx
    .selectFrom('ledger_postings')
    .select('stripe_id')
    .where('kind', '=', kind)
    .where('stripe_id', 'in', stripeIds)
    .execute()
  return new Set(rows.map((row) => row.stripe_id))
}

/** The entries of one posting; null: it was never posted. */
export async function findEntries(
  tx: Transaction,
  kind: PostingKind,
  stripeId: string,
): Promise<Entry[] | null> {
  const rows = await tx
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['account', 'currency', 'amount'])
    .where('kind', '=', kind)
    .where('stripe_id', '=', stripeId)
    .orderBy('line')
    .execute()
  const entries = rows.map(({ account, currency, amount }) => ({ account, amount: money(amount, currency) }))
  return entries.length > 0 ? entries : null
}

/** What a posted payment was for. */
export async function listTerms(tx: Transaction, kind: PostingKind, stripeId: string): Promise<Term[]> {
  const rows = await tx
    .selectFrom('ledger_postings')
    .innerJoin('ledger_terms', 'ledger_terms.posting_id', 'ledger_postings.id')
    .select(['currency', 'amount', 'starts_at', 'months'])
    .where('kind', '=', kind)
    .where('stripe_id', '=', stripeId)
    .orderBy('line')
    .execute()
  return rows.map((row) => ({
    amount: money(row.amount, row.currency),
    startsAt: row.starts_at,
    months: row.months,
  }))
}

/**
 * Remembers that payment intents took money for an order, so that what they did to Stripe's balance is followed. Returns
 * those that were new.
 */
export async function noteIntents(
  tx: Transaction,
  orderId: string,
  paymentIntentIds: string[],
  now: Date,
): Promise<string[]> {
  if (paymentIntentIds.length === 0) return []
  const rows = await tx
    .insertInto('ledger_intents')
    .values(
      paymentIntentIds.map((id) => ({ stripe_payment_intent_id: id, order_id: orderId, noted_at: now })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('stripe_payment_intent_id as id')
    .execute()
  return rows.map((row) => row.id)
}

/** The oldest first. */
export async function listIntents(db: Transaction, orderId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('ledger_intents')
    .select('stripe_payment_intent_id as id')
    .where('order_id', '=', orderId)
    .orderBy('noted_at')
    .orderBy('stripe_payment_intent_id')
    .execute()
  return rows.map((row) => row.id)
}

/** The order that a payment intent took money for; null: none of ours that is known yet. */
export async function findOrderOfIntent(db: Transaction, paymentIntentId: string): Promise<string | null> {
  const row = await db
    .selectFrom('ledger_intents')
    .select('order_id')
    .where('stripe_payment_intent_id', '=', paymentIntentId)
    .executeTakeFirst()
  return row?.order_id ?? null
}

/** The payment intent that a posted payment went through; null: it had none, or is not posted. */
export async function findIntentOfPayment(db: Transaction, stripeId: string): Promise<string | null> {
  const row = await db
    .selectFrom('ledger_postings')
    .select('stripe_payment_intent_id as id')
    .where('kind', '=', 'payment')
    .where('stripe_id', '=', stripeId)
    .executeTakeFirst()
  return row?.id ?? null
}
