import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import { type Money, minorUnits, money, zero } from '../money/money.ts'

/** What credit at Stripe paid of an order, and what of that was given back to it. */
export interface CreditOfOrder {
  /** Less what the order itself added to the credit, by a change to less; nothing where it added more. */
  used: Money
  returned: Money
}

export async function creditOf(db: Transaction, orderId: string, currency: string): Promise<CreditOfOrder> {
  const row = await db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select([
      sql<number>`coalesce(sum(amount) filter (where kind in ('payment', 'payment_undone')), 0)::bigint`.as(
        'used',
      ),
      sql<number>`coalesce(-sum(amount) filter (where kind = 'refund'), 0)::bigint`.as('returned'),
    ])
    .where('order_id', '=', orderId)
    .where('account', '=', 'credit')
    .where('currency', '=', currency)
    .executeTakeFirstOrThrow()
  const used = money(row.used, currency)
  return { used: minorUnits(used) > 0 ? used : zero(currency), returned: money(row.returned, currency) }
}
