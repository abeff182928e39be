import type { Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { PlanTables } from '../db/tables/plans.ts'
import { money } from '../money/money.ts'
import type { Plan, PlanOnSale, Price } from './plan.ts'

type PlanRow = Selectable<PlanTables['plans']>
type PriceRow = Selectable<PlanTables['prices']>

export function toPlan(row: PlanRow): Plan {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    summary: row.summary,
    kind: row.kind,
    opens: row.opens,
    lastsMonths: row.lasts_months,
    active: row.active,
    stripeProductId: row.stripe_product_id,
  }
}

export function toPrice(row: PriceRow): Price {
  return {
    id: row.id,
    amount: money(row.unit_amount, row.currency),
    interval: row.interval,
    active: row.active,
    stripePriceId: row.stripe_price_id,
  }
}

/** Every plan that is sold in `currency`, in the publisher's order. */
export async function listPlansOnSale(db: Transaction, currency: string): Promise<PlanOnSale[]> {
  const plans = await db
    .selectFrom('plans')
    .selectAll()
    .where('active', '=', true)
    .orderBy('position')
    .execute()
  const prices = await listActivePrices(db, currency)
  return plans.flatMap((row) => {
    const price = prices.get(row.id)
    return price ? [{ ...toPlan(row), price }] : []
  })
}

/** By plan id. */
export async function listActivePrices(db: Transaction, currency: string): Promise<Map<string, Price>> {
  const rows = await db
    .selectFrom('prices')
    .selectAll()
    .where('active', '=', true)
    .where('currency', '=', currency)
    .execute()
  return new Map(rows.map((row) => [row.plan_id, toPrice(row)]))
}

/** null: no such plan, or not for sale in this currency. */
export async function findPlanOnSale(
  db: Transaction,
  slug: string,
  currency: string,
): Promise<PlanOnSale | null> {
  const plan = await db
    .selectFrom('plans')
    .selectAll()
    .where('slug', '=', slug)
    .where('active', '=', true)
    .executeTakeFirst()
  if (!plan) return null
  const price = await db
    .selectFrom('prices')
    .selectAll()
    .where('plan_id', '=', plan.id)
    .where('currency', '=', currency)
    .where('active', '=', true)
    .executeTakeFirst()
  return price ? { ...toPlan(plan), price: toPrice(price) } : null
}

/** All plans, those no longer sold included, each with every price; for staff. */
export async function listPlans(db: Transaction): Promise<{ plan: Plan; prices: Price[] }[]> {
  const plans = await db.selectFrom('plans').selectAll().orderBy('position').execute()
  const prices = await db.selectFrom('prices').selectAll().orderBy('created_at', 'desc').execute()
  return plans.map((row) => ({
    plan: toPlan(row),
    prices: prices.filter((price) => price.plan_id === row.id).map(toPrice),
  }))
}

export interface Collection {
  slug: string
  name: string
  description: string
}

/** By slug. */
export async function listCollections(db: Transaction): Promise<Map<string, Collection>> {
  const rows = await db.selectFrom('collections').selectAll().execute()
  return new Map(rows.map((row) => [row.slug, row]))
}

/** Whether it is still sold or not. Throws when there is none by this id. */
export async function findPlanById(db: Transaction, id: string): Promise<Plan> {
  return toPlan(await db.selectFrom('plans').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
}

/** What a price at Stripe sells; null: it is none of ours. */
export async function findByStripePrice(
  db: Transaction,
  stripePriceId: string,
): Promise<{ plan: Plan; price: Price } | null> {
  const row = await db
    .selectFrom('prices')
    .selectAll()
    .where('stripe_price_id', '=', stripePriceId)
    .executeTakeFirst()
  return row ? { plan: await findPlanById(db, row.plan_id), price: toPrice(row) } : null
}

/** Whether it is still asked or not. Throws when there is none by this id. */
export async function findPriceById(db: Transaction, id: string): Promise<Price> {
  return toPrice(await db.selectFrom('prices').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
}
