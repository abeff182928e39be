import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'

/**
 * Orders with a payment that is not in the ledger, or that a discount brought to nothing and of which nothing is: they were
 * recorded before there was one. The oldest first.
 */
export async function listUnenteredOrders(db: Transaction, limit: number): Promise<string[]> {
  const { rows } = await sql<{ order_id: string }>`
    SELECT order_id FROM (
      SELECT order_id, paid_at FROM payments
      WHERE NOT EXISTS (
        SELECT FROM ledger_postings WHERE kind = 'payment' AND stripe_id = payments.stripe_source_id
      )
      UNION ALL
      SELECT id, paid_at FROM orders
      WHERE total = 0 AND discount > 0 AND paid_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM ledger_postings WHERE order_id = orders.id)
    ) AS unentered
    GROUP BY order_id ORDER BY min(paid_at) LIMIT ${limit}`.execute(db)
  return rows.map((row) => row.order_id)
}

/** Orders whose money has been on its way to or from Stripe's balance since `from` to `until`; any of them, up to `limit`. */
export async function listPendingOrders(
  db: Transaction,
  { from, until }: { from: Date; until: Date },
  limit: number,
): Promise<string[]> {
  // By chance, so that what stays pending keeps nobody out.
  const { rows } = await sql<{ order_id: string }>`
    SELECT order_id FROM (
      SELECT order_id FROM ledger_entries JOIN ledger_postings ON ledger_postings.id = posting_id
      WHERE account = 'stripe_pending'
      GROUP BY order_id, currency
      HAVING sum(amount) <> 0 AND max(at) BETWEEN ${from} AND ${until}
    ) AS pending
    GROUP BY order_id ORDER BY random() LIMIT ${limit}`.execute(db)
  return rows.map((row) => row.order_id)
}
