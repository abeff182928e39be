import { formatMoney } from '../money/format-money.ts'
import { compare, currencyCode } from '../money/money.ts'
import type { Order, OrderLine } from '../orders/order.ts'
import type { SessionFacts } from './read-session.ts'

export interface Difference {
  stripeSays: string
  weSay: string
}

/**
 * What a paid session sells otherwise than the order: currency, prices, quantities, or the subtotal before discounts.
 * Discount and tax are Stripe's to say. null: nothing differs.
 */
export function compareSession(order: Order, session: SessionFacts, locale: string): Difference | null {
  const theirs = describe(
    session.lines.map((line) => `${line.quantity} of ${line.stripePriceId}`),
    formatMoney(session.subtotal, locale),
  )
  const ours = describe(order.lines.map(lineText), formatMoney(order.subtotal, locale))
  const sameAmount =
    currencyCode(session.subtotal) === order.currency && compare(session.subtotal, order.subtotal) === 0
  return sameAmount && theirs === ours ? null : { stripeSays: theirs, weSay: ours }
}

function lineText(line: OrderLine): string {
  return `${line.quantity} of ${line.stripePriceId}`
}

function describe(lines: string[], subtotal: string): string {
  return `${lines.toSorted().join(', ')}: ${subtotal}`
}
