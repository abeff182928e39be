import { formatMoney } from '../money/format-money.ts'
import { equal, type Money, subtract, sum, times, zero } from '../money/money.ts'
import { largestQuantity, type Plan, type Price, whyNotSold } from '../plans/plan.ts'
import { discountOf, type PromotionCode, whyNotApplied } from '../plans/promotion-code.ts'

/** A line as it was put in, and what its plan costs today. */
export interface CartLine {
  plan: Plan
  /** The price that the reader saw. */
  price: Price
  /** The plan's price now; null: it is no longer sold in this currency. */
  current: Price | null
  quantity: number
}

export interface PricedLine extends CartLine {
  total: Money
  /** Why this line cannot be paid for as it stands, in words for the reader; null when it can. */
  problem: string | null
  /** Whether agreeing to the new price mends it. */
  acceptable: boolean
}

export interface PricedCart {
  lines: PricedLine[]
  currency: string
  subtotal: Money
  promotion: PromotionCode | null
  /** Why the code takes nothing off; null when it does, or there is none. */
  promotionProblem: string | null
  /** What Stripe will take off may differ by a minor unit a line. */
  discount: Money
  /** Before tax. */
  total: Money
  /** What stands in the way of the checkout; empty: nothing does. */
  problems: string[]
}

/** What a cart costs and whether it can be paid for. Pure; prices stay as the reader saw them. */
export function priceCart(
  lines: readonly CartLine[],
  promotion: PromotionCode | null,
  context: { currency: string; locale: string; now: Date },
): PricedCart {
  const { currency, now } = context
  const priced = lines.map((line) => priceLine(line, context.locale))
  const subtotal = sum(
    priced.map((line) => line.total),
    currency,
  )
  const discountable = priced.map((line) => ({ planId: line.plan.id, total: line.total }))
  const promotionProblem = promotion ? whyNotApplied(promotion, discountable, currency, now) : null
  const discount =
    promotion && !promotionProblem ? discountOf(promotion, discountable, currency) : zero(currency)
  const total = subtract(subtotal, discount)
  const problems = [
    ...priced.flatMap((line) => line.problem ?? []),
    ...(promotionProblem ? [promotionProblem] : []),
  ]
  if (hasTwoSubscriptions(lines)) problems.push(twoSubscriptions)
  return { lines: priced, currency, subtotal, promotion, promotionProblem, discount, total, problems }
}

export const twoSubscriptions =
  'One order can begin one subscription. Take the other one out of the cart, or buy them one after the other.'

/** Stripe would bill both, but they could neither be cancelled nor refunded apart. */
export function hasTwoSubscriptions(lines: readonly { plan: Plan }[]): boolean {
  return lines.filter((line) => line.plan.kind === 'subscription').length > 1
}

function priceLine(line: CartLine, locale: string): PricedLine {
  const total = times(line.price.amount, line.quantity)
  const notSold = whyNotSold(line.plan) ?? (line.current ? null : `${line.plan.name} is no longer sold.`)
  if (notSold || !line.current) return { ...line, total, problem: notSold, acceptable: false }
  if (line.quantity > largestQuantity(line.plan)) {
    return { ...line, total, problem: `${line.plan.name} can be bought once in one order.`, acceptable: true }
  }
  if (!isSamePrice(line.price, line.current)) {
    const [was, is] = [formatMoney(line.price.amount, locale), formatMoney(line.current.amount, locale)]
    const problem = `The price of ${line.plan.name} has changed from ${was} to ${is} since you chose it.`
    return { ...line, total, problem, acceptable: true }
  }
  return { ...line, total, problem: null, acceptable: false }
}

function isSamePrice(seen: Price, current: Price): boolean {
  return seen.id === current.id || (equal(seen.amount, current.amount) && seen.interval === current.interval)
}
