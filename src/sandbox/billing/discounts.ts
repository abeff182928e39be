import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { addMonths } from './periods.ts'
import type { AppliedDiscount } from './price-lines.ts'

export interface Wanted {
  coupon: string
  promotionCode: string | null
}

/** Uses up a coupon, and the code that led to it, for a customer's subscription or one payment; tells of the discount. */
export async function redeem(
  work: Work,
  wanted: Wanted,
  owner: {
    customer: string | null
    subscription: string | null
    checkoutSession: string | null
    invoice?: string
  },
): Promise<Shapes['discount']> {
  const coupon = await countCoupon(work, wanted.coupon)
  if (wanted.promotionCode) await countPromotionCode(work, wanted.promotionCode)
  const discount: Shapes['discount'] = {
    id: newId('di_'),
    object: 'discount',
    checkout_session: owner.checkoutSession,
    customer: owner.customer,
    customer_account: null,
    end: coupon.duration === 'repeating' ? addMonths(work.now, coupon.duration_in_months ?? 0) : null,
    invoice: owner.invoice ?? null,
    invoice_item: null,
    promotion_code: wanted.promotionCode,
    source: { coupon: coupon.id, type: 'coupon' },
    start: work.now,
    subscription: owner.subscription,
    subscription_item: null,
  }
  work.put('discount', discount, {})
  if (owner.customer) work.tell('customer.discount.created', discount)
  return discount
}

async function countCoupon(work: Work, id: string): Promise<Shapes['coupon']> {
  const stored = await work.take('coupon', id)
  if (!stored) throw new Error(`coupon ${id} is gone`)
  const times_redeemed = stored.data.times_redeemed + 1
  const { max_redemptions } = stored.data
  const valid = stored.data.valid && (max_redemptions === null || times_redeemed < max_redemptions)
  return work.change('coupon', id, { times_redeemed, valid }, 'coupon.updated')
}

async function countPromotionCode(work: Work, id: string): Promise<void> {
  const stored = await work.take('promotion_code', id)
  if (!stored) throw new Error(`promotion code ${id} is gone`)
  const times_redeemed = stored.data.times_redeemed + 1
  const { max_redemptions } = stored.data
  const active = stored.data.active && (max_redemptions === null || times_redeemed < max_redemptions)
  work.change('promotion_code', id, { times_redeemed, active }, 'promotion_code.updated')
}

/** What discounts are worth, in the words of price-lines.ts; those that have ended are left out. */
export async function appliedDiscounts(work: Work, ids: readonly string[]): Promise<AppliedDiscount[]> {
  const applied: AppliedDiscount[] = []
  for (const id of ids) {
    const discount = await work.find('discount', id)
    if (!discount || (discount.data.end !== null && discount.data.end <= work.now)) continue
    const coupon = await work.find('coupon', discount.data.source.coupon ?? '')
    if (coupon && !coupon.deleted) applied.push({ ...worthOf(coupon), id })
  }
  return applied
}

/** What a coupon is worth, under its own id. */
export function worthOf(coupon: {
  data: Shapes['coupon']
  hidden: { products: string[] | null }
}): AppliedDiscount {
  return {
    id: coupon.data.id,
    percentOff: coupon.data.percent_off,
    amountOff: coupon.data.amount_off,
    products: coupon.hidden.products,
  }
}

/** Those of new discounts that go on after the first invoice: one for a single time is used up by it. */
export async function lastingDiscounts(work: Work, ids: readonly string[]): Promise<string[]> {
  const lasting: string[] = []
  for (const id of ids) {
    const coupon = await work.find('coupon', work.held('discount', id).source.coupon ?? '')
    if (coupon?.data.duration !== 'once') lasting.push(id)
  }
  return lasting
}
