import { sql } from 'kysely'
import type { Database } from '../../src/db/database.ts'
import { listEntitlementsOf } from '../../src/entitlements/store.ts'
import { decideAccess } from '../../src/paywall/decide-access.ts'
import type { OurOrder, SubscriptionRecord } from './record.ts'

/** Collections of the demo newspaper, one that each plan opens and one that only the dearer plans do. */
export const collections = ['daily', 'dossiers'] as const

/** Everything that the app's database holds of each order, by its id. `now` is the publication's time. */
export async function whatWeSay(db: Database, now: Date): Promise<Map<string, OurOrder>> {
  const orders = new Map<string, OurOrder>()
  for (const row of await db.selectFrom('orders').selectAll().execute())
    orders.set(row.id, {
      id: row.id,
      number: row.number,
      email: row.email,
      state: row.state,
      total: row.total,
      subtotal: row.subtotal,
      refunded: row.refunded,
      readerId: row.reader_id,
      payments: new Map(),
      refunds: new Map(),
      disputes: new Map(),
      balance: new Map(),
      subscription: null,
      duplicate: false,
      lines: [],
      billed: [],
      receipts: 0,
      readable: new Map(),
    })
  await takeLines(db, orders)
  await takeDuplicates(db, orders)
  await takeMoney(db, orders)
  await takeBalance(db, orders)
  await takeSubscriptions(db, orders)
  await takeAccess(db, orders, now)
  return orders
}

async function takeLines(db: Database, orders: Map<string, OurOrder>): Promise<void> {
  for (const row of await db.selectFrom('order_lines').selectAll().orderBy('position').execute()) {
    const months = (row.lasts_months ?? 0) * row.quantity
    orders.get(row.order_id)?.lines.push({ opens: row.opens, kind: row.kind, months })
  }
  const mails = await db.selectFrom('mails').select(['order_id']).where('kind', '=', 'receipt').execute()
  for (const mail of mails) {
    const order = orders.get(mail.order_id ?? '')
    if (order) order.receipts++
  }
}

async function takeDuplicates(db: Database, orders: Map<string, OurOrder>): Promise<void> {
  for (const row of await db.selectFrom('duplicates').selectAll().execute()) {
    const order = orders.get(row.order_id)
    const line = order?.lines[row.position]
    if (!order || !line) continue
    line.duplicate = true
    order.duplicate = order.lines.every((one) => one.duplicate)
    order.owed = (order.owed ?? 0) + row.amount
  }
}

async function takeMoney(db: Database, orders: Map<string, OurOrder>): Promise<void> {
  for (const row of await db.selectFrom('payments').selectAll().execute())
    orders.get(row.order_id)?.payments.set(row.stripe_source_id, row.amount)
  for (const row of await db.selectFrom('refunds').selectAll().execute())
    orders.get(row.order_id)?.refunds.set(row.stripe_refund_id ?? row.id, `${row.amount} ${row.state}`)
  for (const row of await db.selectFrom('disputes').selectAll().execute())
    orders.get(row.order_id)?.disputes.set(row.stripe_dispute_id, `${row.amount} ${row.state}`)
}

/** What the ledger's entries say is in Stripe's balance. */
async function takeBalance(db: Database, orders: Map<string, OurOrder>): Promise<void> {
  const rows = await db
    .selectFrom('ledger_entries')
    .innerJoin('ledger_postings', 'ledger_postings.id', 'ledger_entries.posting_id')
    .select(['order_id', 'currency', sql<number>`sum(amount)::bigint`.as('sum')])
    .where('account', '=', 'stripe_balance')
    .groupBy(['order_id', 'currency'])
    .execute()
  for (const { order_id, currency, sum } of rows)
    if (sum !== 0) orders.get(order_id)?.balance.set(currency, sum)
}

async function takeSubscriptions(db: Database, orders: Map<string, OurOrder>): Promise<void> {
  const prices = await db
    .selectFrom('prices')
    .innerJoin('plans', 'plans.id', 'prices.plan_id')
    .select(['prices.id', 'prices.stripe_price_id', 'plans.opens'])
    .execute()
  for (const row of await db.selectFrom('subscriptions').selectAll().execute()) {
    const order = orders.get(row.order_id)
    const price = prices.find(({ id }) => id === row.price_id)
    if (!order || !price) continue
    order.billed = price.opens
    const subscription: SubscriptionRecord = {
      id: row.stripe_subscription_id,
      state: row.state,
      price: price.stripe_price_id ?? '',
      paidUntil: seconds(row.paid_until),
      givenUntil: row.given_until ? seconds(row.given_until) : null,
      bankAsked: row.bank_asked,
      endsAt: row.ends_at ? seconds(row.ends_at) : null,
      endedAt: row.ended_at ? seconds(row.ended_at) : null,
    }
    order.subscription = subscription
  }
}

/** Asks the paywall's own rule for each reader and collection. */
async function takeAccess(db: Database, orders: Map<string, OurOrder>, now: Date): Promise<void> {
  const known = new Map<string, Map<string, boolean>>()
  for (const order of orders.values()) {
    if (!order.readerId) continue
    const readable = known.get(order.readerId) ?? (await readableBy(db, order.readerId, now))
    known.set(order.readerId, readable)
    order.readable = readable
  }
}

async function readableBy(db: Database, readerId: string, now: Date): Promise<Map<string, boolean>> {
  const entitlements = await listEntitlementsOf(db, readerId)
  return new Map(
    collections.map((collection) => {
      const { access } = decideAccess({ access: 'subscribers', collection }, entitlements, null, now)
      return [collection, access === 'full']
    }),
  )
}

function seconds(at: Date): number {
  return Math.round(at.getTime() / 1000)
}
