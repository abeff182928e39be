import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Entry, LedgerAccount, PostingKind } from '../ledger/posting.ts'
import { type Money, money } from '../money/money.ts'

export interface PostingFilters {
  /** Local times of the publication's zone, "2026-11-01T00:00:00": from the one until before the other; null: no bound. */
  from: string | null
  until: string | null
  /** null: all. */
  account: LedgerAccount | null
  orderId: string | null
  zone: string
}

/** A place in the list: pages go on behind it. */
export interface PostingPlace {
  at: Date
  id: number
}

export interface FoundPosting extends PostingPlace {
  kind: PostingKind
  stripeId: string
  paymentIntentId: string | null
  postedAt: Date
  orderNumber: string
  /** Those of the account that was asked for. */
  entries: Entry[]
}

/** The postings that pass the filters, each with its entries, from behind `after` on. */
export async function findPostings(
  db: Transaction,
  filters: PostingFilters,
  page: { order: 'newest' | 'oldest'; after: PostingPlace | null; limit: number },
): Promise<FoundPosting[]> {
  const direction = page.order === 'newest' ? 'desc' : 'asc'
  const beyond = sql.raw(page.order === 'newest' ? '<' : '>')
  let chosen = filtered(db, filters)
    .selectAll()
    .orderBy('at', direction)
    .orderBy('id', direction)
    .limit(page.limit)
  if (page.after) chosen = chosen.where(sql<boolean>`(at, id) ${beyond} (${page.after.at}, ${page.after.id})`)
  let query = db
    .selectFrom(chosen.as('posting'))
    .innerJoin('orders', 'orders.id', 'posting.order_id')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'posting.id')
    .select(['posting.id', 'posting.kind', 'posting.at', 'posting.stripe_id', 'posted_at', 'orders.number'])
    .select('posting.stripe_payment_intent_id as paymentIntentId')
    .select(['account', 'ledger_entries.currency', 'ledger_entries.amount'])
    .orderBy('posting.at', direction)
    .orderBy('posting.id', direction)
    .orderBy('line')
  if (filters.account) query = query.where('account', '=', filters.account)
  const rows = await query.execute()
  return [...Map.groupBy(rows, (row) => row.id).values()].flatMap((entries) => {
    const [row] = entries
    if (!row) return []
    return {
      id: row.id,
      kind: row.kind,
      at: row.at,
      stripeId: row.stripe_id,
      paymentIntentId: row.paymentIntentId,
      postedAt: row.posted_at,
      orderNumber: row.number,
      entries: entries.map(({ account, amount, currency }) => ({ account, amount: money(amount, currency) })),
    }
  })
}

export interface AccountTotal {
  account: LedgerAccount
  /** What it received and gave between the bounds. */
  moved: Money
  /** What it held at the end of them. */
  held: Money
}

/** What each account received, gave and held, by account and currency; `account` and `orderId` are not looked at. */
export async function sumAccounts(
  db: Transaction,
  { from, until, zone }: PostingFilters,
): Promise<AccountTotal[]> {
  let query = db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['account', 'currency'])
    .select(sql<number>`sum(amount)::bigint`.as('held'))
    .select(
      sql<number>`coalesce(sum(amount) FILTER (WHERE ${from ? sql`at >= ${moment(from, zone)}` : sql`true`}), 0)::bigint`.as(
        'moved',
      ),
    )
    .groupBy(['account', 'currency'])
    .orderBy('currency')
    .orderBy('account')
  if (until) query = query.where('at', '<', moment(until, zone))
  return (await query.execute()).map(({ account, currency, moved, held }) => ({
    account,
    moved: money(moved, currency),
    held: money(held, currency),
  }))
}

function filtered(db: Transaction, { from, until, account, orderId, zone }: PostingFilters) {
  let query = db.selectFrom('ledger_postings')
  if (from) query = query.where('at', '>=', moment(from, zone))
  if (until) query = query.where('at', '<', moment(until, zone))
  if (orderId) query = query.where('order_id', '=', orderId)
  if (account)
    query = query.where((where) =>
      where.exists(
        where
          .selectFrom('ledger_entries')
          .select('line')
          .whereRef('posting_id', '=', 'ledger_postings.id')
          .where('account', '=', account),
      ),
    )
  return query
}

/** A local time of a zone as a moment; the database knows the zone's summer times. */
function moment(local: string, zone: string) {
  return sql<Date>`(${local}::timestamp AT TIME ZONE ${zone})`
}
