import type { Installation } from '../db/installation.ts'
import type { Calendar, Moment } from '../http/moment.ts'
import { formatMoney } from '../money/format-money.ts'
import { isZero, type Money, toDecimal } from '../money/money.ts'
import { opensText } from '../plans/pages.ts'
import { perText } from '../plans/plan.ts'
import type { Collection } from '../plans/store.ts'
import { type Order, type OrderState, orderStateText } from './order.ts'

/** An order as its reader and staff see it. */
export interface OrderView {
  number: string
  state: OrderState
  stateText: string
  total: string
  /** "130.00", for machines. */
  totalDecimal: string
  currency: string
  placed: Moment
  paid: Moment | null
  email: string
  lines: { name: string; per: string; quantity: number; unitPrice: string; total: string }[]
  subtotal: string
  discount: string | null
  tax: string | null
  refunded: string | null
  card: string | null
  opens: string[]
  renews: Moment | null
  seller: string
}

export interface OrderViewContext {
  installation: Installation
  calendar: Calendar
  collections: Map<string, Collection>
  /** The next payment of the subscription that it began; null: none. */
  renewsAt: Date | null
}

export function orderView(order: Order, context: OrderViewContext): OrderView {
  const { installation, calendar, collections, renewsAt } = context
  const amount = (value: Money) => formatMoney(value, installation.locale)
  const amountUnlessZero = (value: Money) => (isZero(value) ? null : amount(value))
  return {
    number: order.number,
    state: order.state,
    stateText: orderStateText(order),
    total: amount(order.total),
    totalDecimal: toDecimal(order.total),
    currency: order.currency,
    placed: calendar.time(order.placedAt),
    paid: order.paidAt ? calendar.time(order.paidAt) : null,
    email: order.email,
    lines: order.lines.map((line) => ({
      name: line.name,
      per: perText(line.interval),
      quantity: line.quantity,
      unitPrice: amount(line.unitAmount),
      total: amount(line.total),
    })),
    subtotal: amount(order.subtotal),
    discount: amountUnlessZero(order.discount),
    tax: amountUnlessZero(order.tax),
    refunded: amountUnlessZero(order.refunded),
    card: order.card,
    opens: opensText([...new Set(order.lines.flatMap((line) => line.opens))], collections),
    renews: renewsAt ? calendar.date(renewsAt) : null,
    seller: installation.publication_name,
  }
}
