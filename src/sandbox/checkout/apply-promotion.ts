import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'

/** Why a coupon or code cannot be used by this buyer now, in words for a person; null: it can. */
export async function couponProblem(
  work: Work,
  coupon: Stored<'coupon'>,
  context: { currency: string; products: string[] },
): Promise<string | null> {
  const { data, hidden } = coupon
  if (coupon.deleted || !data.valid || (data.redeem_by !== null && data.redeem_by <= work.now)) {
    return `Coupon expired: ${data.id}`
  }
  if (data.amount_off !== null && data.currency !== context.currency) {
    return 'This coupon is in another currency.'
  }
  if (hidden.products && !hidden.products.some((product) => context.products.includes(product))) {
    return 'This coupon does not apply to anything in this order.'
  }
  return null
}

/** The same for a promotion code, whose own limits come first. `customer` is null for someone not known yet. */
export async function promotionProblem(
  work: Work,
  code: Shapes['promotion_code'],
  context: { currency: string; products: string[]; customer: string | null; subtotal: number },
): Promise<string | null> {
  const { restrictions } = code
  if (!code.active || (code.expires_at !== null && code.expires_at <= work.now))
    return 'This promotion code has expired.'
  if (code.customer && code.customer !== context.customer)
    return 'This promotion code is for another customer.'
  if (restrictions.minimum_amount !== null && context.subtotal < restrictions.minimum_amount) {
    return 'This promotion code needs a larger order.'
  }
  if (restrictions.first_time_transaction && context.customer && (await hasPaid(work, context.customer))) {
    return 'This promotion code is for first orders only.'
  }
  const coupon = await work.find('coupon', code.promotion.coupon ?? '')
  if (!coupon) return 'This promotion code is no longer valid.'
  return couponProblem(work, coupon, context)
}

async function hasPaid(work: Work, customer: string): Promise<boolean> {
  const intents = await work.list('payment_intent', { customer })
  return intents.some((intent) => intent.data.status === 'succeeded')
}
