import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import type { CheckoutDeps } from '../../src/checkout/deps.ts'
import { settle } from '../../src/checkout/settle.ts'
import { startCheckout } from '../../src/checkout/start-checkout.ts'
import { undoDuplicate } from '../../src/checkout/undo-duplicate.ts'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { listDueIds } from '../../src/webhooks/inbox.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { pay, signIn, wayBack } from '../support/personas.ts'
import { openTwoPages } from '../support/two-pages.ts'

/**
 * The process may die at any point between a reader's click and the settled order; commit-points.test.ts lists and tries
 * them all. Here are stories of some, and what lies between two points. Each test stops the process at one of them (an
 * exception where the next statement would have run) and shows that the next attempt finds what was left.
 */
const newsstand = await openNewsstand()
const { db, deps } = newsstand

class Death extends Error {}

/** The same Stripe, which dies before or after what `method` does, once. */
function dying(method: string, when: 'before' | 'after'): CheckoutDeps {
  let died = false
  const wrap = <T extends object>(target: T, path: string): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name)
        const here = path ? `${path}.${String(name)}` : String(name)
        if (typeof value !== 'function') {
          return typeof value === 'object' && value !== null && method.startsWith(`${here}.`)
            ? wrap(value, here)
            : value
        }
        if (here !== method || died) return value.bind(object)
        return async (...args: unknown[]) => {
          died = true
          if (when === 'after') await Reflect.apply(value, object, args)
          throw new Death(`${when} ${method}`)
        }
      },
    })
  return { ...deps, stripe: wrap<Stripe>(deps.stripe, '') }
}

let buyers = 0

/** A cart with a plan in it, and who buys it: no account, a browser of their own. */
async function prepare() {
  buyers += 1
  const visitor = newsstand.visitor()
  const answer = await visitor.post('/cart/lines').type('form').send({ plan: 'all-access-annual' })
  const cartId = /cart=([0-9a-f-]{36})/.exec(String(answer.headers['set-cookie']))?.[1] ?? ''
  const email = `mortal-${buyers}@example.com`
  return { cartId, buyer: { email, readerId: null, browserHash: `browser ${buyers}` }, email }
}

async function ordersOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).execute()
}

/** One order, paid once, that opened one entitlement. */
async function assertPaidOnce(email: string): Promise<void> {
  const orders = await ordersOf(email)
  assert.deepEqual(
    orders.map((order) => order.state),
    ['paid'],
  )
  const [order] = orders
  const payments = await db
    .selectFrom('payments')
    .selectAll()
    .where('order_id', '=', order?.id ?? '')
    .execute()
  assert.deepEqual(
    payments.map((payment) => payment.amount),
    [13_000],
  )
  assert.equal(
    (
      await db
        .selectFrom('entitlements')
        .selectAll()
        .where('order_id', '=', order?.id ?? '')
        .execute()
    ).length,
    1,
  )
  assert.equal(
    (
      await db
        .selectFrom('mails')
        .selectAll()
        .where('order_id', '=', order?.id ?? '')
        .execute()
    ).length,
    1,
  )
}

async function sessionsAtStripe(orderId: string): Promise<string[]> {
  const { data } = await deps.stripe.checkout.sessions.list({ limit: 100 })
  return data.filter((session) => session.metadata?.order === orderId).map((session) => session.id)
}

describe('death on the way to the payment page', () => {
  for (const when of ['before', 'after'] as const) {
    it(`${when} Stripe made the session: the next click meets the same order and one session`, async () => {
      const { cartId, buyer, email } = await prepare()
      await assert.rejects(startCheckout(dying('checkout.sessions.create', when), cartId, buyer), Death)
      const again = await startCheckout(deps, cartId, buyer)
      assert.equal(again.outcome, 'pay')
      const orders = await ordersOf(email)
      assert.equal(orders.length, 1)
      assert.equal((await sessionsAtStripe(orders[0]?.id ?? '')).length, 1)
      if (again.outcome === 'pay') await pay(again.url, email)
      await settle(deps, (await sessionsAtStripe(orders[0]?.id ?? ''))[0] ?? '')
      await assertPaidOnce(email)
    })
  }

  for (const method of ['products.create', 'prices.create']) {
    it(`after ${method}: nothing is made twice at Stripe`, async () => {
      await db
        .updateTable('plans')
        .set({ stripe_product_id: null })
        .where('slug', '=', 'all-access-annual')
        .execute()
      const plan = await db
        .selectFrom('plans')
        .select('id')
        .where('slug', '=', 'all-access-annual')
        .executeTakeFirstOrThrow()
      const price = crypto.randomUUID()
      await db.updateTable('prices').set({ active: false }).where('plan_id', '=', plan.id).execute()
      const fresh = {
        id: price,
        plan_id: plan.id,
        currency: 'USD',
        unit_amount: 13_000,
        interval: 'year' as const,
        active: true,
      }
      await db
        .insertInto('prices')
        .values({ ...fresh, created_at: newsstand.clock(), stripe_price_id: null })
        .execute()
      const { cartId, buyer } = await prepare()
      if (method === 'prices.create')
        await assert.rejects(startCheckout(dying(method, 'after'), cartId, buyer), Death)
      else await startCheckout(dying(method, 'after'), cartId, buyer).catch(() => {})
      assert.equal((await startCheckout(deps, cartId, buyer)).outcome, 'pay')
      const { data } = await deps.stripe.prices.list({
        lookup_keys: [`newsstand_${deps.installation.id}_${price}`],
      })
      assert.equal(data.length, 1)
    })
  }

  it('after an open page of another cart was closed: going on works', async () => {
    const { cartId, buyer, email } = await prepare()
    await startCheckout(deps, cartId, buyer)
    await db.deleteFrom('cart_lines').where('cart_id', '=', cartId).execute()
    const plan = await db
      .selectFrom('plans')
      .select('id')
      .where('slug', '=', 'digital-monthly')
      .executeTakeFirstOrThrow()
    const price = await db
      .selectFrom('prices')
      .select('id')
      .where('plan_id', '=', plan.id)
      .executeTakeFirstOrThrow()
    await db
      .insertInto('cart_lines')
      .values({
        cart_id: cartId,
        plan_id: plan.id,
        price_id: price.id,
        quantity: 1,
        added_at: newsstand.clock(),
      })
      .execute()
    await assert.rejects(startCheckout(dying('checkout.sessions.expire', 'after'), cartId, buyer), Death)
    assert.equal((await startCheckout(deps, cartId, buyer)).outcome, 'pay')
    assert.deepEqual((await ordersOf(email)).map((order) => order.state).toSorted(), ['expired', 'pending'])
  })
})

describe('death after the payment', () => {
  it('before anything was heard of it: the gap filler settles it', async () => {
    await faults({ drop: '1' })
    const { cartId, buyer, email } = await prepare()
    const started = await startCheckout(deps, cartId, buyer)
    assert.equal(started.outcome, 'pay')
    if (started.outcome === 'pay') await pay(started.url, email)
    assert.equal((await ordersOf(email))[0]?.state, 'pending')
    for (const id of await takeMissedEvents(deps)) await applyEvent(deps, id)
    await faults({ reset: 'on' })
    await assertPaidOnce(email)
  })

  it('between keeping an event and applying it: the sweep applies it', async () => {
    await faults({ drop: '1' })
    const { cartId, buyer, email } = await prepare()
    const started = await startCheckout(deps, cartId, buyer)
    if (started.outcome === 'pay') await pay(started.url, email)
    const kept = await takeMissedEvents(deps)
    await faults({ reset: 'on' })
    assert.equal((await ordersOf(email))[0]?.state, 'pending')
    const due = await listDueIds(db, new Date(), 500)
    assert.ok(kept.every((id) => due.includes(id)))
    for (const id of due) await applyEvent(deps, id)
    await assertPaidOnce(email)
  })

  it('while settling reads from Stripe, and in the middle of its transaction: nothing is half recorded', async () => {
    await faults({ drop: '1' })
    const { cartId, buyer, email } = await prepare()
    const started = await startCheckout(deps, cartId, buyer)
    if (started.outcome === 'pay') await pay(started.url, email)
    const [order] = await ordersOf(email)
    const [session = ''] = await sessionsAtStripe(order?.id ?? '')
    await assert.rejects(settle(dying('checkout.sessions.retrieve', 'after'), session), Death)
    const die = () => Promise.reject(new Death('before the receipt'))
    await assert.rejects(settle({ ...deps, outbox: { ...deps.outbox, queueMail: die } }, session), Death)
    assert.equal((await ordersOf(email))[0]?.state, 'pending')
    assert.equal((await db.selectFrom('readers').selectAll().where('email', '=', email).execute()).length, 0)
    assert.equal(
      (
        await db
          .selectFrom('payments')
          .selectAll()
          .where('order_id', '=', order?.id ?? '')
          .execute()
      ).length,
      0,
    )
    await settle(deps, session)
    await settle(deps, session)
    await faults({ reset: 'on' })
    await assertPaidOnce(email)
  })
})

describe('death while a second purchase is undone', () => {
  for (const [method, when] of [
    ['subscriptions.cancel', 'before'],
    ['subscriptions.cancel', 'after'],
    ['refunds.create', 'before'],
    ['refunds.create', 'after'],
  ] as const) {
    it(`${when} ${method}: it is cancelled and paid back, once`, async () => {
      const email = `twice-${method}-${when}@example.com`
      const [one, two] = await openTwoPages(newsstand, email, ['all-access-annual', 'all-access-monthly'])
      await one.visitor.get(wayBack(await pay(one.page, email))).expect(303)
      await faults({ drop: '1' })
      await pay(two.page, email)
      const order = await db
        .selectFrom('orders')
        .selectAll()
        .where('email', '=', email)
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow()
      const [session = ''] = await sessionsAtStripe(order.id)
      // The job that settling queues may be faster than this test: either may be the one that dies.
      await settle(deps, session)
      await undoDuplicate(dying(method, when), order.id).catch((error) => assert.ok(error instanceof Death))
      await undoDuplicate(deps, order.id)
      await faults({ reset: 'on' })
      const paid = await db
        .selectFrom('orders')
        .selectAll()
        .where('id', '=', order.id)
        .executeTakeFirstOrThrow()
      assert.equal(paid.state, 'refunded')
      const { data } = await deps.stripe.refunds.list({ payment_intent: paid.stripe_payment_intent_id ?? '' })
      assert.deepEqual(
        data.map((refund) => refund.amount),
        [1300],
      )
      assert.equal(
        (await deps.stripe.subscriptions.retrieve(paid.stripe_subscription_id ?? '')).status,
        'canceled',
      )
    })
  }
})

async function faults(fields: Record<string, string>): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/faults`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  await answer.text()
}

describe('a reader who comes back after all that', () => {
  it('finds what was bought', async () => {
    const visitor = newsstand.visitor()
    await signIn(newsstand, visitor, 'mortal-1@example.com')
    assert.match((await visitor.get('/account')).text, /All-Access, yearly/)
  })
})
