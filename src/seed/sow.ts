import { randomUUID } from 'node:crypto'
import { writeArticle } from '../articles/write-article.ts'
import type { Transaction } from '../db/database.ts'
import { parseMoney } from '../money/format-money.ts'
import { minorUnits } from '../money/money.ts'
import type { Seed } from './read-seed.ts'

/** Fills an empty database with a newspaper: collections, plans with their prices, promotion codes, articles. */
export async function sow(tx: Transaction, seed: Seed, currency: string, now: Date): Promise<void> {
  await tx.insertInto('collections').values(seed.publication.collections).execute()
  for (const [position, plan] of seed.plans.plans.entries())
    await sowPlan(tx, plan, { position, currency, now })
  for (const promotion of seed.plans.promotionCodes) await sowPromotion(tx, promotion, now)
  for (const article of seed.articles) await sowArticle(tx, article, now)
}

async function sowPlan(
  tx: Transaction,
  plan: Seed['plans']['plans'][number],
  more: { position: number; currency: string; now: Date },
): Promise<void> {
  const planId = randomUUID()
  await tx
    .insertInto('plans')
    .values({
      id: planId,
      slug: plan.slug,
      name: plan.name,
      summary: plan.summary,
      kind: plan.kind,
      opens: plan.opens,
      lasts_months: plan.lastsMonths ?? null,
      active: true,
      position: more.position,
      created_at: more.now,
      stripe_product_id: null,
    })
    .execute()
  await tx
    .insertInto('prices')
    .values({
      id: randomUUID(),
      plan_id: planId,
      currency: more.currency,
      unit_amount: minorUnits(parseMoney(plan.price, more.currency, 'en-US')),
      interval: plan.interval ?? null,
      active: true,
      created_at: more.now,
      stripe_price_id: null,
    })
    .execute()
}

async function sowPromotion(
  tx: Transaction,
  promotion: Seed['plans']['promotionCodes'][number],
  now: Date,
): Promise<void> {
  await tx
    .insertInto('promotion_codes')
    .values({
      id: randomUUID(),
      code: promotion.code.toUpperCase(),
      percent_off: String(promotion.percentOff),
      amount_off: null,
      currency: null,
      duration: promotion.duration,
      plan_id: null,
      redemptions_limit: promotion.redemptionsLimit ?? null,
      once_per_reader: promotion.oncePerReader ?? false,
      expires_at: null,
      active: true,
      created_at: now,
      stripe_coupon_id: null,
    })
    .execute()
}

async function sowArticle(tx: Transaction, article: Seed['articles'][number], now: Date): Promise<void> {
  const { daysAgo, previewParagraphs, ...draft } = article
  const publishedAt = new Date(Math.floor(now.getTime() - daysAgo * 86_400_000))
  await writeArticle(tx, { ...draft, previewParagraphs: previewParagraphs ?? null, publishedAt }, publishedAt)
}
