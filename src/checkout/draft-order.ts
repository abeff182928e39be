import { createHash, randomUUID } from 'node:crypto'
import type { PricedCart, PricedLine } from '../cart/price-cart.ts'
import { zero } from '../money/money.ts'
import type { Order, OrderLine } from '../orders/order.ts'
import type { Buyer } from '../orders/store.ts'

/** What makes two posts of a cart the same order. */
export function fingerprintOf(cart: PricedCart, buyer: Buyer): string {
  const lines = cart.lines.map((line) => [line.plan.id, line.price.id, line.quantity])
  const what = [
    buyer.email,
    buyer.readerId,
    buyer.browserHash,
    cart.currency,
    cart.promotion?.id ?? null,
    lines,
  ]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex')
}

/** The cart, frozen. */
export function draftOrder(
  cart: PricedCart,
  buyer: Buyer,
  more: { cartId: string; number: string; now: Date },
): Order {
  const none = zero(cart.currency)
  return {
    id: randomUUID(),
    number: more.number,
    state: 'pending',
    email: buyer.email,
    readerId: buyer.readerId,
    madeReader: false,
    cartId: more.cartId,
    browserHash: buyer.browserHash,
    browserSignedInAt: null,
    currency: cart.currency,
    lines: cart.lines.map(draftLine),
    subtotal: cart.subtotal,
    discount: cart.discount,
    tax: none,
    total: cart.total,
    refunded: none,
    promotionCodeId: cart.promotion?.id ?? null,
    fromArticle: null,
    attempt: 1,
    bankAskedAt: null,
    card: null,
    placedAt: more.now,
    paidAt: null,
    stripeCustomerId: null,
    stripePaymentIntentId: null,
    stripeSubscriptionId: null,
  }
}

function draftLine({ plan, price, quantity, total }: PricedLine): OrderLine {
  const { id: planId, name, kind, lastsMonths, opens } = plan
  const { id: priceId, stripePriceId, interval, amount: unitAmount } = price
  return {
    planId,
    priceId,
    stripePriceId,
    name,
    kind,
    interval,
    lastsMonths,
    opens,
    quantity,
    unitAmount,
    total,
  }
}
