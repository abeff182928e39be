import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { OrderState } from '../db/tables/orders.ts'

export interface OrderFilters {
  /** An order's number or (the beginning of) an address; '' for all. */
  q: string
  state: OrderState | ''
  /** From the beginning of one day until the end of another; null: no bound. */
  from: Date | null
  until: Date | null
}

/** A place in the list, newest first: pages go on below it. */
export interface OrderPlace {
  placedAt: Date
  id: string
}

export interface FoundOrder extends OrderPlace {
  number: string
  state: OrderState
  email: string
  currency: string
  total: number
  lines: string
  bankAskedAt: Date | null
}

/** The newest orders that pass the filters, from below `after` on. */
export async function findOrders(
  db: Transaction,
  filters: OrderFilters,
  page: { after: OrderPlace | null; limit: number },
): Promise<FoundOrder[]> {
  let query = filtered(db, filters)
    .select([
      'id',
      'number',
      'state',
      'email',
      'currency',
      'total',
      'placed_at as placedAt',
      'bank_asked_at as bankAskedAt',
    ])
    .select(
      sql<string>`(SELECT string_agg(CASE WHEN quantity > 1 THEN quantity || ' × ' || name ELSE name END, ', ' ORDER BY position)
        FROM order_lines WHERE order_id = orders.id)`.as('lines'),
    )
    .orderBy('placed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.after)
    query = query.where(sql<boolean>`(placed_at, id) < (${page.after.placedAt}, ${page.after.id})`)
  return query.execute()
}

/** How many pass the filters, counted up to `most`. */
export async function countOrders(db: Transaction, filters: OrderFilters, most: number): Promise<number> {
  const { count } = await db
    .selectFrom(filtered(db, filters).select('id').limit(most).as('found'))
    .select((builder) => builder.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

function filtered(db: Transaction, { q, state, from, until }: OrderFilters) {
  let query = db.selectFrom('orders')
  if (/^ns-\d+$/i.test(q)) query = query.where('number', '=', q.toUpperCase())
  else if (q) query = query.where('email', 'like', `${escapeLike(q.toLowerCase())}%`)
  if (state) query = query.where('state', '=', state)
  if (from) query = query.where('placed_at', '>=', from)
  if (until) query = query.where('placed_at', '<', until)
  return query
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
