import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { StaffRole } from '../db/tables/readers.ts'
import type { SubscriptionState } from '../db/tables/subscriptions.ts'

/** A place in the list, newest first: pages go on below it. */
export interface ReaderPlace {
  since: Date
  id: string
}

export interface FoundReader extends ReaderPlace {
  email: string
  proved: boolean
  orders: number
  /** The state of the latest subscription; null: never had one. */
  subscription: SubscriptionState | null
  staffRole: StaffRole | null
}

/** The newest readers whose address begins with `q` ('' for all). */
export async function findReaders(
  db: Transaction,
  q: string,
  page: { after: ReaderPlace | null; limit: number },
): Promise<FoundReader[]> {
  let query = db
    .selectFrom('readers')
    .leftJoin('staff', 'staff.reader_id', 'readers.id')
    .select([
      'readers.id',
      'readers.email',
      'readers.proved',
      'readers.created_at as since',
      'staff.role as staffRole',
    ])
    .select((builder) => [
      builder
        .selectFrom('orders')
        .select((orders) => orders.fn.countAll<number>().as('count'))
        .whereRef('orders.reader_id', '=', 'readers.id')
        .as('orders'),
      builder
        .selectFrom('subscriptions')
        .select('subscriptions.state')
        .whereRef('subscriptions.reader_id', '=', 'readers.id')
        .where('subscriptions.duplicate', '=', false)
        .orderBy('subscriptions.started_at', 'desc')
        .limit(1)
        .as('subscription'),
    ])
    .orderBy('readers.created_at', 'desc')
    .orderBy('readers.id', 'desc')
    .limit(page.limit)
  if (q) query = query.where('readers.email', 'like', `${q.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)
  if (page.after) {
    query = query.where(
      sql<boolean>`(readers.created_at, readers.id) < (${page.after.since}, ${page.after.id})`,
    )
  }
  return (await query.execute()).map((row) => ({ ...row, orders: row.orders ?? 0 }))
}
