import { type PricedCart, priceCart } from '../cart/price-cart.ts'
import { lockCart } from '../cart/store.ts'
import { inTransaction, type Transaction } from '../db/database.ts'
import { findRunningPass } from '../entitlements/store.ts'
import { writeHistory } from '../orders/history.ts'
import type { Order } from '../orders/order.ts'
import {
  type Buyer,
  findPendingOrder,
  insertConsents,
  insertOrder,
  lockBuyer,
  nextOrderNumber,
} from '../orders/store.ts'
import { hasAccount } from '../readers/has-account.ts'
import { listSubscriptionsOf } from '../subscriptions/store.ts'
import { overlapping, type Subscription } from '../subscriptions/subscription.ts'
import { consentsFor } from './consents.ts'
import type { CheckoutDeps } from './deps.ts'
import { draftOrder, fingerprintOf } from './draft-order.ts'
import { whyNotRedeemable } from './reserve-redemption.ts'

/**
 * refused: the cart is empty or cannot be paid for · code: its promotion code is used up or taken · subscribed: the reader
 * has what it would begin · has_pass: until then · account: the address has got one meanwhile, and must be proved first
 */
export type PlacedOrder =
  | { outcome: 'placed'; order: Order }
  | { outcome: 'refused' | 'code'; problems: string[] }
  | { outcome: 'subscribed'; subscription: Subscription }
  | { outcome: 'has_pass'; name: string; until: Date }
  | { outcome: 'account' }

/**
 * Freezes the cart into a pending order, in one transaction. The same cart posted again by the same buyer is the same
 * order, while it is unpaid. With a promotion code, the order holds one use of it until it is paid, fails or expires.
 */
export function placeOrder(deps: CheckoutDeps, cartId: string, buyer: Buyer): Promise<PlacedOrder> {
  const { currency, locale } = deps.installation
  return inTransaction(deps.db, async (tx) => {
    await lockBuyer(tx, buyer)
    const cart = await lockCart(tx, cartId, currency)
    const context = { currency, locale, now: deps.clock() }
    const priced = priceCart(cart?.lines ?? [], cart?.promotion ?? null, context)
    if (priced.lines.length === 0) return { outcome: 'refused', problems: ['Your cart is empty.'] }
    if (priced.problems.length > 0) return { outcome: 'refused', problems: priced.problems }
    if (!buyer.readerId && (await hasAccount(tx, buyer.email))) return { outcome: 'account' }
    const subscription = await findSubscribed(tx, priced, buyer.readerId)
    if (subscription) return { outcome: 'subscribed', subscription }
    const pass = await findPass(tx, priced, buyer.readerId, context.now)
    if (pass) return { outcome: 'has_pass', ...pass }
    const problem = await whyNotRedeemable(tx, priced.promotion, buyer)
    if (problem) return { outcome: 'code', problems: [problem] }
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

/** A pass in this cart that the reader has and that still runs. */
async function findPass(
  tx: Transaction,
  cart: PricedCart,
  readerId: string | null,
  now: Date,
): Promise<{ name: string; until: Date } | null> {
  if (!readerId) return null
  for (const { plan } of cart.lines) {
    const until = plan.kind === 'pass' ? await findRunningPass(tx, readerId, plan.id, now) : null
    if (until) return { name: plan.name, until }
  }
  return null
}
