import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Sale } from '../ledger/earned.ts'
import { money } from '../money/money.ts'

const ordersAtOnce = 500

/** Every payment in the ledger with what became of it, order by order, a lot of orders at a time. */
export async function* listSales(db: Transaction): AsyncGenerator<Sale[]> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const orderIds = await nextOrders(db, after)
    const last = orderIds.at(-1)
    if (!last) return
    yield await salesOf(db, orderIds)
    after = last
  }
}

async function nextOrders(db: Transaction, after: string): Promise<string[]> {
  const rows = await db
    .selectFrom('ledger_postings')
    .select('order_id')
    .distinct()
    .where('order_id', '>', after)
    .orderBy('order_id')
    .limit(ordersAtOnce)
    .execute()
  return rows.map((row) => row.order_id)
}

/** A refund belongs to the payment of its payment intent, or to the order's first where that intent was not known then. */
async function salesOf(db: Transaction, orderIds: string[]): Promise<Sale[]> {
  const [terms, refunds, ends] = await Promise.all([
    listTerms(db, orderIds),
    listRefundsOf(db, orderIds),
    listEnds(db, orderIds),
  ])
  const rest = new Set(refunds)
  return [...Map.groupBy(terms, (term) => term.id).values()].flatMap((rows) => {
    const [first] = rows
    if (!first) return []
    const isFirst = terms.find((term) => term.order_id === first.order_id)?.id === first.id
    const known = new Set(terms.flatMap((term) => (term.order_id === first.order_id ? term.intent : [])))
    const own = [...rest].filter(
      (refund) =>
        refund.order_id === first.order_id &&
        (refund.intent === first.intent || (isFirst && !known.has(refund.intent))),
    )
    for (const refund of own) rest.delete(refund)
    return {
      paidAt: first.at,
      terms: rows.map((row) => ({
        amount: money(row.amount, row.currency),
        startsAt: row.starts_at,
        months: row.months,
      })),
      refunds: own.map(({ amount, currency, at, undoneAt }) => ({
        amount: money(amount, currency),
        at,
        undoneAt,
      })),
      endedAt: ends.get(first.order_id) ?? null,
    }
  })
}

function listTerms(db: Transaction, orderIds: string[]) {
  return db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_terms', 'ledger_terms.posting_id', 'ledger_postings.id')
    .select(['ledger_postings.id', 'order_id', 'at', 'currency', 'amount', 'starts_at', 'months'])
    .select('stripe_payment_intent_id as intent')
    .where('order_id', 'in', orderIds)
    .orderBy('ledger_postings.id')
    .orderBy('line')
    .execute()
}

function listRefundsOf(db: Transaction, orderIds: string[]) {
  return db
    .selectFrom('ledger_postings as refund')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'refund.id')
    .leftJoin('ledger_postings as undone', (join) =>
      join.onRef('undone.stripe_id', '=', 'refund.stripe_id').on('undone.kind', '=', 'refund_undone'),
    )
    .select(['refund.order_id', 'refund.at', 'currency', 'amount', 'undone.at as undoneAt'])
    .select('refund.stripe_payment_intent_id as intent')
    .where('refund.kind', '=', 'refund')
    .where('account', '=', 'refunds')
    .where('refund.order_id', 'in', orderIds)
    .orderBy('refund.id')
    .execute()
}

/** When what an order sold ended, where it sold a subscription and nothing else. */
async function listEnds(db: Transaction, orderIds: string[]): Promise<Map<string, Date>> {
  const rows = await db
    .selectFrom('subscriptions')
    .select(['order_id', sql<Date>`max(ended_at)`.as('endedAt')])
    .where('order_id', 'in', orderIds)
    .where(
      sql<boolean>`NOT EXISTS (SELECT FROM order_lines
        WHERE order_lines.order_id = subscriptions.order_id AND kind <> 'subscription')`,
    )
    .groupBy('order_id')
    .having(sql<boolean>`bool_and(ended_at IS NOT NULL)`)
    .execute()
  return new Map(rows.map((row) => [row.order_id, row.endedAt]))
}
