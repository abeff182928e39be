import { promotionProblem } from '../checkout/apply-promotion.ts'
import { priceSession } from '../checkout/session-lines.ts'
import type { Stored, Work } from '../objects/work.ts'

/** Lowers an open session (taken) by the code that its buyer typed, empty to take it off; resolves to why not, or null. */
export async function enterPromotion(
  work: Work,
  stored: Stored<'checkout.session'>,
  code: string,
): Promise<string | null> {
  const { data: session, hidden } = stored
  if (!session.allow_promotion_codes) return 'This order takes no promotion codes.'
  if (code === '') {
    await reprice(work, stored, null)
    return null
  }
  const found = (await work.list('promotion_code', { active: 'true' })).find(
    (one) => one.data.code.toLowerCase() === code.toLowerCase(),
  )
  if (!found) return `There is no promotion code “${code}”.`
  const problem = await promotionProblem(work, found.data, {
    currency: session.currency ?? 'usd',
    products: hidden.lines.map((line) => line.price?.product ?? ''),
    customer: session.customer,
    subtotal: session.amount_subtotal ?? 0,
  })
  if (problem) return problem
  await reprice(work, stored, [{ coupon: null, promotion_code: found.data.id }])
  return null
}

async function reprice(
  work: Work,
  stored: Stored<'checkout.session'>,
  discounts: Stored<'checkout.session'>['data']['discounts'],
): Promise<void> {
  const session = work.change('checkout.session', stored.data.id, { discounts })
  const country = session.customer_details?.address?.country ?? null
  const { lines, sums } = await priceSession(work, session, stored.hidden, country)
  work.change('checkout.session', session.id, sums)
  work.hide('checkout.session', session.id, { lines })
}
