import { formatMoney } from '../money/format-money.ts'
import { isZero } from '../money/money.ts'
import { largestQuantity, perText } from '../plans/plan.ts'
import type { PromotionCode } from '../plans/promotion-code.ts'
import type { PricedCart, PricedLine } from './price-cart.ts'

/** What the small cart on every page shows. */
export function smallCart(cart: PricedCart, locale: string) {
  return {
    count: cart.lines.reduce((count, line) => count + line.quantity, 0),
    subtotal: formatMoney(cart.subtotal, locale),
    lines: cart.lines.map((line) => ({
      plan: line.plan.slug,
      name: line.plan.name,
      quantity: line.quantity,
      total: formatMoney(line.total, locale),
      quantityFixed: largestQuantity(line.plan) === 1,
    })),
  }
}

/** What the cart page and the checkout show. */
export function cartView(cart: PricedCart, locale: string) {
  return {
    lines: cart.lines.map((line) => lineView(line, locale)),
    subtotal: formatMoney(cart.subtotal, locale),
    discount: isZero(cart.discount) ? null : formatMoney(cart.discount, locale),
    promotion: cart.promotion ? promotionView(cart.promotion, locale) : null,
    total: formatMoney(cart.total, locale),
    taxNote: 'Tax, where it applies, is settled at the payment.',
    problems: cart.problems,
    canCheckOut: cart.lines.length > 0 && cart.problems.length === 0,
  }
}

function lineView(line: PricedLine, locale: string) {
  const accept = line.acceptable && line.current
  return {
    plan: line.plan.slug,
    name: line.plan.name,
    per: perText(line.price.interval),
    unitPrice: formatMoney(line.price.amount, locale),
    quantity: line.quantity,
    quantityFixed: largestQuantity(line.plan) === 1,
    total: formatMoney(line.total, locale),
    problem: line.problem,
    acceptLabel: accept ? `Take it for ${formatMoney(accept.amount, locale)}` : null,
  }
}

/** "20% off the first payment" */
export function promotionView(
  promotion: PromotionCode,
  locale: string,
): { code: string; description: string } {
  const off = promotion.amountOff ? formatMoney(promotion.amountOff, locale) : `${promotion.percentOff}%`
  const when = promotion.duration === 'once' ? 'the first payment' : 'every payment'
  return { code: promotion.code, description: `${off} off ${when}` }
}
