import { type TaxRate, taxRateOf } from './tax-rates.ts'

export interface LineToPrice {
  /** Minor units, before discounts; negative for a credit. */
  subtotal: number
  product: string
  taxInclusive: boolean
  /** Prorations are not lowered again: the price they come from was. */
  discountable: boolean
}

export interface AppliedDiscount {
  id: string
  percentOff: number | null
  amountOff: number | null
  /** The products it is for; null: all. */
  products: string[] | null
}

export interface PricedLine {
  subtotal: number
  discounts: { id: string; amount: number }[]
  discount: number
  tax: { rate: TaxRate; amount: number; taxable: number } | null
  total: number
}

/** Prices lines as they are billed: discounts one after the other, then the country's tax; null country: no tax. */
export function priceLines(
  lines: readonly LineToPrice[],
  discounts: readonly AppliedDiscount[],
  country: string | null,
): PricedLine[] {
  const lowered = lines.map(() => [] as { id: string; amount: number }[])
  const left = lines.map((line) => line.subtotal)
  for (const discount of discounts) {
    const amounts = spread(discount, lines, left)
    for (const [index, amount] of amounts.entries()) {
      lowered[index]?.push({ id: discount.id, amount })
      left[index] = (left[index] ?? 0) - amount
    }
  }
  return lines.map((line, index) => withTax(line, lowered[index] ?? [], left[index] ?? 0, country))
}

/** How much of one discount each line gets; the parts add up to the whole. */
function spread(discount: AppliedDiscount, lines: readonly LineToPrice[], left: readonly number[]): number[] {
  const weights = lines.map((line, index) => (appliesTo(discount, line) ? Math.max(left[index] ?? 0, 0) : 0))
  const base = weights.reduce((sum, weight) => sum + weight, 0)
  const wanted =
    discount.percentOff === null ? (discount.amountOff ?? 0) : Math.round((base * discount.percentOff) / 100)
  return allocate(Math.min(wanted, base), weights)
}

function appliesTo(discount: AppliedDiscount, line: LineToPrice): boolean {
  return line.discountable && (discount.products === null || discount.products.includes(line.product))
}

/** Divides a whole by weights; what rounding leaves over goes to the largest remainders. */
export function allocate(whole: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (sum === 0) return weights.map(() => 0)
  const exact = weights.map((weight) => (whole * weight) / sum)
  const parts = exact.map(Math.floor)
  const over = whole - parts.reduce((total, part) => total + part, 0)
  const order = exact.map((value, index) => ({ index, rest: value - Math.floor(value) }))
  order.sort((a, b) => b.rest - a.rest)
  for (const { index } of order.slice(0, over)) parts[index] = (parts[index] ?? 0) + 1
  return parts
}

function withTax(
  line: LineToPrice,
  discounts: PricedLine['discounts'],
  taxable: number,
  country: string | null,
): PricedLine {
  const discount = discounts.reduce((sum, one) => sum + one.amount, 0)
  const rate = taxRateOf(country, line.taxInclusive)
  const plain = { subtotal: line.subtotal, discounts, discount }
  if (!rate) return { ...plain, tax: null, total: taxable }
  const { percentage } = rate
  const amount = Math.round((taxable * percentage) / (line.taxInclusive ? 100 + percentage : 100))
  const tax = { rate, amount, taxable: line.taxInclusive ? taxable - amount : taxable }
  return { ...plain, tax, total: line.taxInclusive ? taxable : taxable + amount }
}
