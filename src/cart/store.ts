import type { Database, Transaction } from '../db/database.ts'
import type { PromotionCode } from '../plans/promotion-code.ts'
import { findPromotion } from '../plans/promotion-store.ts'
import { listActivePrices, toPlan, toPrice } from '../plans/store.ts'
import type { CartLine } from './price-cart.ts'

export interface Cart {
  id: string
  lines: CartLine[]
  promotion: PromotionCode | null
  /** The slug of the article whose offer led here; null: none did. */
  fromArticle: string | null
}

/** null: no such cart. `currency` decides what the plans cost now. */
export async function findCart(db: Transaction, id: string, currency: string): Promise<Cart | null> {
  const cart = await db.selectFrom('carts').selectAll().where('id', '=', id).executeTakeFirst()
  if (!cart) return null
  const promotion = cart.promotion_code_id ? await findPromotion(db, cart.promotion_code_id) : null
  return { id, lines: await listLines(db, id, currency), promotion, fromArticle: cart.from_article }
}

/** As `findCart`, and nobody else changes it until the transaction ends. */
export async function lockCart(tx: Transaction, id: string, currency: string): Promise<Cart | null> {
  const row = await tx.selectFrom('carts').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
  return row ? findCart(tx, id, currency) : null
}

async function listLines(db: Transaction, cartId: string, currency: string): Promise<CartLine[]> {
  const lines = await db
    .selectFrom('cart_lines')
    .selectAll()
    .where('cart_id', '=', cartId)
    .orderBy('added_at')
    .orderBy('plan_id')
    .execute()
  if (lines.length === 0) return []
  const planIds = lines.map((line) => line.plan_id)
  const priceIds = lines.map((line) => line.price_id)
  const plans = await db.selectFrom('plans').selectAll().where('id', 'in', planIds).execute()
  const prices = await db.selectFrom('prices').selectAll().where('id', 'in', priceIds).execute()
  const current = await listActivePrices(db, currency)
  return lines.flatMap((line) => {
    const plan = plans.find((row) => row.id === line.plan_id)
    const price = prices.find((row) => row.id === line.price_id)
    if (!plan || !price) return []
    const now = plan.active ? (current.get(plan.id) ?? null) : null
    return [{ plan: toPlan(plan), price: toPrice(price), current: now, quantity: line.quantity }]
  })
}

/** Makes the cart if there is none by this id. */
export async function touchCart(tx: Transaction, id: string, now: Date): Promise<void> {
  await tx
    .insertInto('carts')
    .values({ id, promotion_code_id: null, from_article: null, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ updated_at: now }))
    .execute()
}

/** Remembers the article whose offer led to the cart. */
export async function putFromArticle(tx: Transaction, cartId: string, slug: string): Promise<void> {
  await tx.updateTable('carts').set({ from_article: slug }).where('id', '=', cartId).execute()
}

/** Sets a line's quantity at a price, whatever it was before. */
export async function putLine(
  tx: Transaction,
  cartId: string,
  line: { planId: string; priceId: string; quantity: number },
  now: Date,
): Promise<void> {
  const values = {
    cart_id: cartId,
    plan_id: line.planId,
    price_id: line.priceId,
    quantity: line.quantity,
    added_at: now,
  }
  await tx
    .insertInto('cart_lines')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(['cart_id', 'plan_id'])
        .doUpdateSet({ price_id: line.priceId, quantity: line.quantity }),
    )
    .execute()
}

export async function removeLine(tx: Transaction, cartId: string, planId: string): Promise<void> {
  await tx.deleteFrom('cart_lines').where('cart_id', '=', cartId).where('plan_id', '=', planId).execute()
}

/** null takes the code away. */
export async function putPromotion(
  tx: Transaction,
  cartId: string,
  promotionId: string | null,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('carts')
    .set({ promotion_code_id: promotionId, updated_at: now })
    .where('id', '=', cartId)
    .execute()
}

/** Empties a cart of what was bought. The cart is locked before its lines, as everywhere, or two would wait for each other. */
export async function removeBought(
  tx: Transaction,
  cartId: string,
  planIds: string[],
  now: Date,
): Promise<void> {
  await putPromotion(tx, cartId, null, now)
  if (planIds.length > 0) {
    await tx.deleteFrom('cart_lines').where('cart_id', '=', cartId).where('plan_id', 'in', planIds).execute()
  }
}

/** Forgets carts that nobody touched since `before`. Returns how many. */
export async function removeOldCarts(db: Database, before: Date): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('carts').where('updated_at', '<', before).executeTakeFirst()
  return Number(numDeletedRows)
}
