import { type ExpressionBuilder, sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { StaffRole } from '../db/tables/readers.ts'
import type { SubscriptionState } from '../db/tables/subscriptions.ts'
import type { Tables } from '../db/tables.ts'
import type { SpanFacts } from '../entitlements/entitlement.ts'

/** A place in the list, newest first: pages go on below it. */
export interface ReaderPlace {
  since: Date
  id: string
}

export interface FoundReader extends ReaderPlace {
  email: string
  proved: boolean
  orders: number
  /** The latest that is no duplicate; null: never had one. */
  subscription: SpanFacts | null
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
    ])
    .leftJoinLateral(latestSubscription, (join) => join.onTrue())
    .select([
      'subscription.state',
      'subscription.paid_until',
      'subscription.given_until',
      'subscription.bank_asked',
      'subscription.ends_at',
      'subscription.ended_at',
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
  return (await query.execute()).map(toReader)
}

function latestSubscription(builder: ExpressionBuilder<Tables, 'readers'>) {
  return builder
    .selectFrom('subscriptions')
    .select(['state', 'paid_until', 'given_until', 'bank_asked', 'ends_at', 'ended_at'])
    .whereRef('subscriptions.reader_id', '=', 'readers.id')
    .where('subscriptions.duplicate', '=', false)
    .orderBy('subscriptions.started_at', 'desc')
    .limit(1)
    .as('subscription')
}

interface Row extends Omit<FoundReader, 'orders' | 'subscription'> {
  orders: number | null
  state: SubscriptionState | null
  paid_until: Date | null
  given_until: Date | null
  bank_asked: boolean | null
  ends_at: Date | null
  ended_at: Date | null
}

function toReader({
  state,
  paid_until,
  given_until,
  bank_asked,
  ends_at,
  ended_at,
  ...reader
}: Row): FoundReader {
  const span = { givenUntil: given_until, bankAsked: bank_asked ?? false, endsAt: ends_at, endedAt: ended_at }
  return {
    ...reader,
    orders: reader.orders ?? 0,
    subscription: state && paid_until ? { state, paidUntil: paid_until, ...span } : null,
  }
}
