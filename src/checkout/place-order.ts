import { createHash, randomUUID } from 'node:crypto'
import { type PricedCart, type PricedLine, priceCart } from '../cart/price-cart.ts'
import { lockCart } from '../cart/store.ts'
import { inTransaction, type Transaction } from '../db/database.ts'
import { zero } from '../money/money.ts'
import { writeHistory } from '../orders/history.ts'
import type { Order, OrderLine } from '../orders/order.ts'
import { findPendingOrder, insertOrder, nextOrderNumber } from '../orders/store.ts'
import { listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import { type Consent, consentsFor } from './consents.ts'
import type { CheckoutDeps } from './deps.ts'

export interface Buyer {
  email: string
  /** null: no account yet. */
  readerId: string | null
  /** SHA-256 of the secret in the browser's cookie. */
  browserHash: string
}

export type PlacedOrder =
  | { outcome: 'placed'; order: Order }
  | { outcome: 'refused'; problems: string[] }
  | { outcome: 'subscribed'; subscription: Subscription }

/**
 * Freezes the cart into a pending order, in one transaction. The same cart posted again by the same buyer is the same
 * order. Refused: the cart is empty or cannot be paid for; subscribed: the reader has what it would begin.
 */
export function placeOrder(deps: CheckoutDeps, cartId: string, buyer: Buyer): Promise<PlacedOrder> {
  const { currency, locale } = deps.installation
  return inTransaction(deps.db, async (tx) => {
    const cart = await lockCart(tx, cartId, currency)
    const priced = priceCart(cart?.lines ?? [], cart?.promotion ?? null, {
      currency,
      locale,
      now: deps.clock(),
    })
    if (priced.lines.length === 0) return { outcome: 'refused', problems: ['Your cart is empty.'] }
    if (priced.problems.length > 0) return { outcome: 'refused', problems: priced.problems }
    const subscription = await findSubscribed(tx, priced, buyer.readerId)
    if (subscription) return { outcome: 'subscribed', subscription }
    const fingerprint = fingerprintOf(priced, buyer)
    const known = await findPendingOrder(tx, cartId, fingerprint)
    if (known) return { outcome: 'placed', order: known }
    const order = draftOrder(priced, buyer, { cartId, number: await nextOrderNumber(tx), now: deps.clock() })
    await insertOrder(tx, { ...order, fromArticle: cart?.fromArticle ?? null }, fingerprint)
    await insertConsents(tx, order, consentsFor(priced, locale))
    await writeHistory(tx, order.id, { at: order.placedAt, text: 'Ordered', by: 'reader' })
    return { outcome: 'placed', order }
  })
}

/** A reader's subscription that already opens part of what this cart's would. */
async function findSubscribed(
  tx: Transaction,
  cart: PricedCart,
  readerId: string | null,
): Promise<Subscription | null> {
  const line = cart.lines.find((one) => one.plan.kind === 'subscription')
  if (!line || !readerId) return null
  return overlapping(await listSubscriptionsOf(tx, readerId), line.plan.opens)[0] ?? null
}

function fingerprintOf(cart: PricedCart, buyer: Buyer): string {
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

function draftOrder(
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

async function insertConsents(tx: Transaction, order: Order, consents: Consent[]): Promise<void> {
  if (consents.length === 0) return
  const rows = consents.map(({ name, text }) => ({
    order_id: order.id,
    name,
    text,
    given_at: order.placedAt,
  }))
  await tx.insertInto('order_consents').values(rows).execute()
}
