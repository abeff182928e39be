import { couponProblem, promotionProblem } from '../checkout/apply-promotion.ts'
import type { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'
import type { Subscription } from './add-subscription.ts'
import { redeem } from './discounts.ts'

interface WantedDiscount {
  coupon: string | undefined
  discount: string | undefined
  promotion_code: string | undefined
}
type Buyer = Pick<Subscription, 'id' | 'customer' | 'currency' | 'items'>

/** The discounts of a subscription after a request: those it names by id stay, coupons and codes are used up. */
export async function redeemWanted(
  work: Work,
  subscription: Buyer,
  wanted: WantedDiscount[],
): Promise<string[]> {
  const ids: string[] = []
  for (const [index, one] of wanted.entries()) {
    const at = `discounts[${index}]`
    if (one.discount) ids.push((await referred(work, 'discount', one.discount, `${at}[discount]`)).data.id)
    else ids.push(await redeemOne(work, subscription, one, at))
  }
  return ids
}

async function redeemOne(
  work: Work,
  subscription: Buyer,
  wanted: WantedDiscount,
  at: string,
): Promise<string> {
  const products = subscription.items.data.map((item) => item.price.product)
  const context = { currency: subscription.currency, products }
  const owner = { customer: subscription.customer, subscription: subscription.id, checkoutSession: null }
  if (wanted.promotion_code) {
    const { data: code } = await referred(
      work,
      'promotion_code',
      wanted.promotion_code,
      `${at}[promotion_code]`,
    )
    const subtotal = Number.MAX_SAFE_INTEGER
    const problem = await promotionProblem(work, code, {
      ...context,
      customer: subscription.customer,
      subtotal,
    })
    if (problem) throw invalid(problem, `${at}[promotion_code]`)
    return (await redeem(work, { coupon: code.promotion.coupon ?? '', promotionCode: code.id }, owner)).id
  }
  if (!wanted.coupon)
    throw invalid(`Missing required param: ${at}[coupon].`, `${at}[coupon]`, 'parameter_missing')
  const coupon = await referred(work, 'coupon', wanted.coupon, `${at}[coupon]`)
  const problem = await couponProblem(work, coupon, context)
  if (problem) throw invalid(problem, `${at}[coupon]`)
  return (await redeem(work, { coupon: coupon.data.id, promotionCode: null }, owner)).id
}
