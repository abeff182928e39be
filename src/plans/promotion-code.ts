import { currencyCode, least, type Money, percentOf, sum } from '../money/money.ts'

export interface PromotionCode {
  id: string
  code: string
  /** Exactly one of the two is set. `percentOff` is 0 to 100 with two decimals at most. */
  percentOff: number | null
  amountOff: Money | null
  /** Off the first payment, or off every one. */
  duration: 'once' | 'forever'
  /** null: any plan. */
  planId: string | null
  redemptionsLimit: number | null
  /** Orders that were paid with it. */
  redemptions: number
  /** Whether a reader may pay with it in one order only. */
  oncePerReader: boolean
  expiresAt: Date | null
  active: boolean
  stripeCouponId: string | null
}

export interface DiscountableLine {
  planId: string
  total: Money
}

/** Why the code lowers nothing, in words for the reader; null when it does. */
export function whyNotApplied(
  promotion: PromotionCode,
  lines: readonly DiscountableLine[],
  currency: string,
  now: Date,
): string | null {
  const { code, amountOff, redemptionsLimit } = promotion
  if (!promotion.active) return `The code ${code} is not valid.`
  if (promotion.expiresAt && promotion.expiresAt <= now) return `The code ${code} has expired.`
  if (redemptionsLimit !== null && promotion.redemptions >= redemptionsLimit)
    return `The code ${code} has been used up.`
  if (amountOff && currencyCode(amountOff) !== currency) return `The code ${code} is not for this currency.`
  if (lines.length > 0 && applicable(promotion, lines).length === 0)
    return `The code ${code} is not for what is in your cart.`
  return null
}

/**
 * Why the code cannot be reserved for one more order, in words for the reader; null when it can. `reserved`: payment pages
 * of other buyers that are open with it; `usedByReader`: this reader paid with it before.
 */
export function whyNotReserved(
  promotion: PromotionCode,
  { reserved, usedByReader }: { reserved: number; usedByReader: boolean },
): string | null {
  const { code, redemptionsLimit, redemptions } = promotion
  if (promotion.oncePerReader && usedByReader)
    return `The code ${code} can be used once, and you have used it.`
  if (redemptionsLimit === null || redemptions + reserved < redemptionsLimit) return null
  return redemptions >= redemptionsLimit
    ? `The code ${code} has been used up.`
    : `Somebody else is just paying with the last use of the code ${code}.`
}

/** What the code takes off: never more than the lines that it is for. */
export function discountOf(
  promotion: PromotionCode,
  lines: readonly DiscountableLine[],
  currency: string,
): Money {
  const base = sum(
    applicable(promotion, lines).map((line) => line.total),
    currency,
  )
  if (promotion.amountOff) return least(promotion.amountOff, base)
  return percentOf(base, promotion.percentOff ?? 0)
}

function applicable(
  promotion: PromotionCode,
  lines: readonly DiscountableLine[],
): readonly DiscountableLine[] {
  return lines.filter((line) => promotion.planId === null || promotion.planId === line.planId)
}
