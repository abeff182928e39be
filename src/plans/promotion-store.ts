import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { PlanTables } from '../db/tables/plans.ts'
import { money } from '../money/money.ts'
import type { PromotionCode } from './promotion-code.ts'

type Row = Selectable<PlanTables['promotion_codes']>

function toPromotionCode(row: Row): PromotionCode {
  return {
    id: row.id,
    code: row.code,
    percentOff: row.percent_off === null ? null : Number(row.percent_off),
    amountOff: row.amount_off === null || row.currency === null ? null : money(row.amount_off, row.currency),
    duration: row.duration,
    planId: row.plan_id,
    redemptionsLimit: row.redemptions_limit,
    redemptions: row.redemptions,
    oncePerReader: row.once_per_reader,
    expiresAt: row.expires_at,
    active: row.active,
    stripeCouponId: row.stripe_coupon_id,
  }
}

/** By what the reader typed, in either case; null for no such code. */
export async function findPromotionByCode(db: Transaction, code: string): Promise<PromotionCode | null> {
  const row = await db
    .selectFrom('promotion_codes')
    .selectAll()
    .where('code', '=', code.toUpperCase())
    .executeTakeFirst()
  return row ? toPromotionCode(row) : null
}

export async function findPromotion(db: Transaction, id: string): Promise<PromotionCode | null> {
  const row = await db.selectFrom('promotion_codes').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toPromotionCode(row) : null
}

/** As `findPromotion`; who else reserves or counts a use of it waits until the transaction ends. */
export async function lockPromotion(tx: Transaction, id: string): Promise<PromotionCode | null> {
  const row = await tx
    .selectFrom('promotion_codes')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ? toPromotionCode(row) : null
}

export async function listPromotions(db: Transaction): Promise<PromotionCode[]> {
  const rows = await db.selectFrom('promotion_codes').selectAll().orderBy('created_at', 'desc').execute()
  return rows.map(toPromotionCode)
}

/** Counts one order that was paid with it. */
export async function countRedemption(db: Transaction, id: string): Promise<void> {
  await db
    .updateTable('promotion_codes')
    .set({ redemptions: sql`redemptions + 1` })
    .where('id', '=', id)
    .execute()
}

/** Counts one less: the order turned out not to be paid. Should it be paid after all, it is counted again. */
export async function takeBackRedemption(db: Transaction, id: string): Promise<void> {
  await db
    .updateTable('promotion_codes')
    .set({ redemptions: sql`greatest(redemptions - 1, 0)` })
    .where('id', '=', id)
    .execute()
}
