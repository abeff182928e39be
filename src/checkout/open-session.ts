import Stripe from 'stripe'
import { inTransaction } from '../db/database.ts'
import { type Order, type OrderLine, subscriptionLine } from '../orders/order.ts'
import { setStripePrices, updateOrder } from '../orders/store.ts'
import { findPromotion } from '../plans/promotion-store.ts'
import { findPlanById, findPriceById } from '../plans/store.ts'
import { syncCoupon } from '../plans/sync-coupon.ts'
import { syncPrice } from '../plans/sync-price.ts'
import { isKeptRefusal, withLiveKey } from '../stripe/spent-key.ts'
import { expire } from './close-pending.ts'
import { ensureCustomer } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession, type SessionFacts, toFacts } from './read-session.ts'
import { namesWhatIsThere, restoreCouponOf, restoreNamed } from './restore-named.ts'
import { findLatestSession, listOpenBefore, saveSession } from './sessions.ts'
import { settle } from './settle.ts'

const mostAttempts = 5

/**
 * The Checkout Session of a pending order: the one that is there, or a new one where there is none or it expired.
 * The process may die anywhere in here: the idempotency key is made of the order and its attempt, so that the next
 * call meets the session that Stripe made. Several calls at once for one order are one in this process; those of other
 * processes meet at Stripe.
 */
export function openSession(deps: CheckoutDeps, order: Order): Promise<SessionFacts> {
  const known = underway.get(order.id)
  if (known) return known
  const work = findOrCreate(deps, order).finally(() => underway.delete(order.id))
  underway.set(order.id, work)
  return work
}

/** By order. */
const underway = new Map<string, Promise<SessionFacts>>()

async function findOrCreate(deps: CheckoutDeps, order: Order): Promise<SessionFacts> {
  const known = await findLatestSession(deps.db, order.id)
  const present = known ? await readSession(deps.stripe, known.id) : null
  if (known && present && (await isUsable(deps, order, present)))
    return closeBefore(deps, order, known.attempt, present)
  const first = Math.max(order.attempt, known ? known.attempt + 1 : 1)
  return closeBefore(deps, order, first, await create(deps, order, first))
}

/** A page that is open is, unless it names what is gone: what can be brought back is. */
async function isUsable(deps: CheckoutDeps, order: Order, session: SessionFacts): Promise<boolean> {
  if (session.state !== 'open') return session.state === 'complete'
  await restoreNamed(deps, order)
  return namesWhatIsThere(deps, order, session)
}

/**
 * Closes the pages of attempts before this one, now that its own is kept: in the other order the news of their end would end
 * the order. Returns the session to go on with: one of those, where it was paid at this moment after all.
 */
async function closeBefore(
  deps: CheckoutDeps,
  order: Order,
  attempt: number,
  session: SessionFacts,
): Promise<SessionFacts> {
  for (const id of await listOpenBefore(deps.db, order.id, attempt)) {
    await expire(deps.stripe, id)
    const ended = await readSession(deps.stripe, id)
    if (ended.state !== 'complete') continue
    await settle(deps, id)
    await expire(deps.stripe, session.id)
    return ended
  }
  return session
}

async function create(deps: CheckoutDeps, order: Order, first: number): Promise<SessionFacts> {
  await restoreCouponOf(deps, order)
  for (let attempt = first; attempt < first + mostAttempts; attempt++) {
    const session = await createSession(deps, order, attempt)
    if (!session) {
      await inTransaction(deps.db, (tx) => updateOrder(tx, order.id, { attempt: attempt + 1 }))
      continue
    }
    await keep(deps, order, session, attempt)
    if (session.state !== 'expired') return session
  }
  throw new Error(`Stripe opened no session for order ${order.id} in ${mostAttempts} attempts`)
}

/**
 * null: this attempt's key was used with other parameters, by a process that died before it wrote anything down; or Stripe
 * keeps a refusal under it whose reason is gone.
 */
async function createSession(
  deps: CheckoutDeps,
  order: Order,
  attempt: number,
): Promise<SessionFacts | null> {
  const ask = async () => {
    const params = await sessionParams(deps, order, attempt, await syncLines(deps, order))
    return withLiveKey(`${deps.installation.id}:${order.id}:${attempt}`, (idempotencyKey) =>
      deps.stripe.checkout.sessions.create(params, { idempotencyKey }),
    )
  }
  try {
    return toFacts(await ask().catch((error) => askAgain(deps, order, error, ask)))
  } catch (error) {
    if (error instanceof Stripe.errors.StripeIdempotencyError || isKeptRefusal(error)) return null
    throw error
  }
}

/**
 * What Stripe refuses may name what is archived or gone: asked once more, when that is brought back. With the same key:
 * others that ask at this moment must meet the same session.
 */
async function askAgain<T>(
  deps: CheckoutDeps,
  order: Order,
  error: unknown,
  ask: () => Promise<T>,
): Promise<T> {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error
  await restoreNamed(deps, order)
  return ask()
}

async function sessionParams(
  deps: CheckoutDeps,
  order: Order,
  attempt: number,
  stripePriceIds: string[],
): Promise<Stripe.Checkout.SessionCreateParams> {
  const { publicUrl, installation } = deps
  const metadata = { installation: installation.id, order: order.id }
  const recurring = subscriptionLine(order) !== null
  const customer = order.readerId
    ? await ensureCustomer(deps, order.readerId, order.email, order.currency)
    : null
  const coupon = await couponOf(deps, order)
  return {
    ui_mode: 'hosted_page',
    mode: recurring ? 'subscription' : 'payment',
    line_items: order.lines.map((line, index) => ({
      price: stripePriceIds[index] ?? '',
      quantity: line.quantity,
    })),
    client_reference_id: order.number,
    metadata: { ...metadata, attempt },
    success_url: `${publicUrl}/checkout/return?session_id={CHECKOUT_SESSION_ID}`,
    cancel_url: `${publicUrl}/cart?left=payment`,
    adaptive_pricing: { enabled: false },
    ...(recurring ? { subscription_data: { metadata } } : { payment_intent_data: { metadata } }),
    ...(customer ? { customer } : { customer_email: order.email }),
    ...(customer || recurring ? {} : { customer_creation: 'always' as const }),
    ...(coupon ? { discounts: [{ coupon }] } : {}),
  }
}

/** Our prices at Stripe, in the order of the lines; the order remembers them, for settling to compare. */
async function syncLines(deps: CheckoutDeps, order: Order): Promise<string[]> {
  const ids: string[] = []
  for (const line of order.lines) ids.push(await syncLine(deps, line))
  await inTransaction(deps.db, (tx) => setStripePrices(tx, order.id, ids))
  return ids
}

async function syncLine(deps: CheckoutDeps, line: OrderLine): Promise<string> {
  const plan = await findPlanById(deps.db, line.planId)
  const price = await findPriceById(deps.db, line.priceId)
  return syncPrice(deps, plan, price)
}

async function couponOf(deps: CheckoutDeps, order: Order): Promise<string | null> {
  const promotion = order.promotionCodeId ? await findPromotion(deps.db, order.promotionCodeId) : null
  if (!promotion) return null
  return syncCoupon(deps, promotion, promotion.planId ? await findPlanById(deps.db, promotion.planId) : null)
}

async function keep(deps: CheckoutDeps, order: Order, session: SessionFacts, attempt: number): Promise<void> {
  const { id, url, state, expiresAt } = session
  await inTransaction(deps.db, async (tx) => {
    await saveSession(tx, { id, orderId: order.id, attempt, url, state, expiresAt }, deps.clock())
    await updateOrder(tx, order.id, { attempt })
  })
}
