import type { Transaction } from '../db/database.ts'
import { type Buyer, countReserved, hasPaidWith } from '../orders/store.ts'
import { type PromotionCode, whyNotReserved } from '../plans/promotion-code.ts'
import { lockPromotion } from '../plans/promotion-store.ts'

/**
 * Why an order of this buyer cannot have the code, in words for the reader; null when it can, or there is none. The code is
 * locked, so that two orders at once cannot both take its last use: an unpaid order with it is the reservation. The buyer's
 * own do not count, since the new order closes them.
 */
export async function whyNotRedeemable(
  tx: Transaction,
  promotion: PromotionCode | null,
  buyer: Buyer,
): Promise<string | null> {
  const locked = promotion ? await lockPromotion(tx, promotion.id) : null
  if (!locked) return null
  return whyNotReserved(locked, {
    reserved: await countReserved(tx, locked.id, buyer),
    usedByReader: buyer.readerId !== null && (await hasPaidWith(tx, locked.id, buyer.readerId)),
  })
}
