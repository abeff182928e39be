import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { putLine, putPromotion, touchCart } from '../../src/cart/store.ts'
import { closePayment } from '../../src/checkout/close-pending.ts'
import { correctCustomers } from '../../src/checkout/correct-customers.ts'
import type { CheckoutDeps } from '../../src/checkout/deps.ts'
import { settle } from '../../src/checkout/settle.ts'
import { startCheckout } from '../../src/checkout/start-checkout.ts'
import { undoDuplicate } from '../../src/checkout/undo-duplicate.ts'
import { deliverMail } from '../../src/mail/deliver-mail.ts'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { keepEvent } from '../../src/webhooks/inbox.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { setFaults } from '../support/faults.ts'
import { Death, type Life, live } from '../support/mortal.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { pay } from '../support/personas.ts'

/**
 * Every commit point of checkout and settling, by flow: each commit with the tables that it writes, and each change at
 * Stripe. A life without death must come to just these, so that a new one cannot be forgotten here; and a life that ends
 * before or after any of them must lose nothing once the next attempt has been made.
 */
const commitPoints = {
  'a reader’s first checkout, of a plan and with a code that Stripe does not know yet': [
    'db: order_consents, order_history, order_lines, orders',
    'stripe: products.create',
    'db: plans',
    'stripe: prices.create',
    'db: prices',
    'db: order_lines',
    'stripe: customers.create',
    'db: stripe_customers',
    'stripe: coupons.create',
    'db: promotion_codes',
    'stripe: checkout.sessions.create',
    'db: checkout_sessions, orders',
  ],
  'a checkout that closes the page of an earlier order': [
    'db: order_consents, order_history, order_lines, orders',
    'stripe: checkout.sessions.expire',
    'db: checkout_sessions, order_history, orders',
    'db: order_lines',
    'stripe: checkout.sessions.create',
    'db: checkout_sessions, orders',
  ],
  'a checkout that gives up an earlier order without a page': [
    'db: order_consents, order_history, order_lines, orders',
    'db: order_history, orders',
    'db: order_lines',
    'stripe: checkout.sessions.create',
    'db: checkout_sessions, orders',
  ],
  'a checkout whose customer and coupon were deleted at Stripe': [
    'db: order_consents, order_history, order_lines, orders',
    'stripe: coupons.create',
    'db: promotion_codes',
    'db: order_lines',
    'stripe: checkout.sessions.create',
    'stripe: customers.create',
    'db: stripe_customers',
    'db: order_lines',
    'stripe: checkout.sessions.create',
    'db: checkout_sessions, orders',
  ],
  'a checkout whose page is open while its customer is deleted and its price archived': [
    'stripe: prices.update',
    'stripe: customers.create',
    'db: stripe_customers',
    'db: order_lines',
    'stripe: checkout.sessions.create',
    'db: checkout_sessions, orders',
    'stripe: checkout.sessions.expire',
  ],
  'settling what a new address paid': [
    'db: LEDGER, cart_lines, carts, checkout_sessions, entitlements, job, mails, order_history, orders, payments, promotion_codes, readers, stripe_customers, subscriptions',
  ],
  'settling what was bought twice': [
    'db: LEDGER, cart_lines, carts, checkout_sessions, duplicates, job, order_history, orders, payments, stripe_customers, subscriptions',
  ],
  'undoing what was bought twice': [
    'stripe: subscriptions.cancel',
    'db: LEDGER, drift, payments, subscriptions',
    'stripe: refunds.create',
    'db: LEDGER, drift, duplicates, job, mails, order_history, orders, refunds',
  ],
  'keeping an event': ['db: events'],
  'applying an event': [
    'db: events',
    'db: LEDGER, cart_lines, carts, checkout_sessions, entitlements, job, mails, order_history, orders, payments, promotion_codes, readers, stripe_customers, subscriptions',
    'db: events',
  ],
  'correcting an address at Stripe': ['stripe: customers.update'],
  'sending a receipt': ['db: mails', 'mail: sent', 'db: mails'],
}

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const databaseUrl = newsstand.databaseUrl
// What the house hears of by itself would do the work of the next attempt before it is made.
await setFaults(newsstand, { drop: '1' })
await sql`
  CREATE FUNCTION tomorrow() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.run_at := now() + interval '1 day'; RETURN NEW; END $$`.execute(db)
await sql`
  CREATE TRIGGER tomorrow BEFORE INSERT OR UPDATE ON graphile_worker._private_jobs
  FOR EACH ROW EXECUTE FUNCTION tomorrow()`.execute(db)

interface Flow {
  /** Does it; the mortal deps. */
  run: (mortal: CheckoutDeps, life: Life) => Promise<unknown>
  /** The next attempt: as `run` unless told. */
  again?: () => Promise<unknown>
  check: () => Promise<void>
}

/** Ledger tables are many and their own concern. */
function plainly(point: string): string {
  const [kind = '', rest = ''] = point.split(': ')
  if (kind !== 'db') return point
  const tables = rest.split(', ').map((table) => (table.startsWith('ledger') ? 'LEDGER' : table))
  return `db: ${[...new Set(tables)].toSorted().join(', ')}`
}

function proves(name: keyof typeof commitPoints, prepare: () => Promise<Flow>): void {
  const expected = commitPoints[name]
  describe(name, () => {
    it('comes to the points that are listed, and no other', async () => {
      const flow = await prepare()
      const life = live(databaseUrl, stripe, null)
      await flow.run({ ...deps, db: life.db, stripe: life.stripe }, life)
      await life.end()
      assert.deepEqual(life.points.map(plainly), expected)
      await flow.check()
    })
    for (const [at, point] of expected.entries()) {
      for (const when of ['before', 'after'] as const) {
        it(`death ${when} ${at + 1}, ${point.slice(0, 60)}`, async () => {
          const flow = await prepare()
          const life = live(databaseUrl, stripe, { at, when })
          await assert.rejects(
            async () => flow.run({ ...deps, db: life.db, stripe: life.stripe }, life),
            Death,
          )
          await life.end()
          assert.equal(life.points.length, at + 1)
          if (flow.again) await flow.again()
          else await flow.run(deps, { point: (_, effect) => effect() } as Life)
          await flow.check()
        })
      }
    }
  })
}

let made = 0

/** A plan, a price and a code of their own, in a cart: Stripe has heard of none of them. */
async function prepareCart({ price = 13_000, code = true } = {}) {
  made += 1
  const [planId, priceId, codeId, cartId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const at = newsstand.clock()
  await db
    .insertInto('plans')
    .values({
      id: planId,
      slug: `plan-${made}`,
      name: `Plan ${made}`,
      summary: '',
      kind: 'subscription',
      opens: ['daily'],
      lasts_months: null,
      active: true,
      position: 100 + made,
      created_at: at,
      stripe_product_id: null,
    })
    .execute()
  await db
    .insertInto('prices')
    .values({
      id: priceId,
      plan_id: planId,
      currency: 'USD',
      unit_amount: price,
      interval: 'year',
      active: true,
      created_at: at,
      stripe_price_id: null,
    })
    .execute()
  await db
    .insertInto('promotion_codes')
    .values({
      id: codeId,
      code: `CODE-${made}`,
      percent_off: '50',
      amount_off: null,
      currency: null,
      duration: 'once',
      plan_id: planId,
      redemptions_limit: 1,
      expires_at: null,
      active: true,
      created_at: at,
      stripe_coupon_id: null,
    })
    .execute()
  await touchCart(db, cartId, at)
  await putLine(db, cartId, { planId, priceId, quantity: 1 }, at)
  if (code) await putPromotion(db, cartId, codeId, at)
  const email = `mortal-${made}@example.com`
  return {
    cartId,
    planId,
    codeId,
    email,
    buyer: { email, readerId: null as string | null, browserHash: `browser ${made}` },
  }
}

async function addReader(email: string): Promise<string> {
  const row = await db
    .insertInto('readers')
    .values({
      email,
      name: '',
      proved: true,
      created_at: newsstand.clock(),
      updated_at: newsstand.clock(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

const ordersOf = (email: string) =>
  db.selectFrom('orders').selectAll().where('email', '=', email).orderBy('turn').execute()

/** Those at Stripe of an order, by state. */
async function sessionsOf(orderId: string, status: 'open' | 'complete') {
  const { data } = await stripe.checkout.sessions.list({ limit: 100, status })
  return data.filter((session) => session.metadata?.order === orderId)
}

async function start(who: CheckoutDeps, cart: Awaited<ReturnType<typeof prepareCart>>) {
  const started = await startCheckout(who, cart.cartId, cart.buyer)
  assert.equal(started.outcome, 'pay')
  return started.outcome === 'pay' ? started : { url: '', orderId: '' }
}

/** One pending order, one open page at Stripe for the buyer, which can be paid and then settles. */
async function assertCanPay(cart: Awaited<ReturnType<typeof prepareCart>>, amount: number): Promise<void> {
  const orders = await ordersOf(cart.email)
  const pending = orders.filter((order) => order.state === 'pending')
  assert.equal(pending.length, 1)
  const open = await Promise.all(orders.map((order) => sessionsOf(order.id, 'open')))
  const [session, ...others] = open.flat()
  assert.ok(session?.url)
  assert.equal(others.length, 0)
  await pay(session.url, cart.email)
  assert.equal((await settle(deps, session.id)).outcome, 'settled')
  await assertPaidOnce(cart.email, amount)
}

async function assertPaidOnce(email: string, amount: number): Promise<void> {
  const paid = (await ordersOf(email)).filter((order) => order.state === 'paid')
  assert.equal(paid.length, 1)
  const orderId = paid[0]?.id ?? ''
  const of = (table: 'payments' | 'entitlements' | 'subscriptions' | 'mails') =>
    sql<{ count: number }>`SELECT count(*)::int FROM ${sql.table(table)} WHERE order_id = ${orderId}`.execute(
      db,
    )
  for (const table of ['payments', 'entitlements', 'subscriptions', 'mails'] as const)
    assert.deepEqual((await of(table)).rows, [{ count: 1 }], table)
  assert.equal(paid[0]?.total, amount)
  assert.equal((await sessionsOf(orderId, 'complete')).length, 1)
  const readers = await db.selectFrom('readers').select('id').where('email', '=', email).execute()
  assert.equal(readers.length, 1)
}

proves('a reader’s first checkout, of a plan and with a code that Stripe does not know yet', async () => {
  const cart = await prepareCart()
  cart.buyer.readerId = await addReader(cart.email)
  return {
    run: (who) => start(who, cart),
    check: async () => {
      const { data } = await stripe.prices.list({ product: `newsstand_${cart.planId}`, limit: 10 })
      assert.equal(data.length, 1)
      const customers = await stripe.customers.list({ email: cart.email })
      assert.equal(customers.data.length, 1)
      await assertCanPay(cart, 6500)
      const code = await db
        .selectFrom('promotion_codes')
        .select('redemptions')
        .where('id', '=', cart.codeId)
        .executeTakeFirst()
      assert.equal(code?.redemptions, 1)
    },
  }
})

proves('a checkout that closes the page of an earlier order', async () => {
  const [earlier, cart] = [await prepareCart({ code: false }), await prepareCart({ code: false })]
  cart.buyer = earlier.buyer
  cart.email = earlier.email
  await start(deps, cart)
  await start(deps, earlier)
  await db.updateTable('orders').set({ fingerprint: 'another cart' }).where('state', '=', 'pending').execute()
  return {
    run: (who) => start(who, cart),
    check: () => assertCanPay(cart, 13_000),
  }
})

proves('a checkout that gives up an earlier order without a page', async () => {
  const [earlier, cart] = [await prepareCart({ code: false }), await prepareCart({ code: false })]
  cart.buyer = earlier.buyer
  cart.email = earlier.email
  const known = await start(deps, cart)
  await closePayment(deps, known.orderId)
  await assert.rejects(async () => {
    const life = live(databaseUrl, stripe, { at: 0, when: 'after' })
    await start({ ...deps, db: life.db }, earlier).finally(life.end)
  }, Death)
  return {
    run: (who) => start(who, cart),
    check: () => assertCanPay(cart, 13_000),
  }
})

proves('a checkout whose customer and coupon were deleted at Stripe', async () => {
  const cart = await prepareCart()
  cart.buyer.readerId = await addReader(cart.email)
  const first = await start(deps, cart)
  const { customer } = (await sessionsOf(first.orderId, 'open'))[0] ?? {}
  await stripe.checkout.sessions.expire((await sessionsOf(first.orderId, 'open'))[0]?.id ?? '')
  await db.updateTable('orders').set({ state: 'expired' }).where('id', '=', first.orderId).execute()
  await stripe.customers.del(String(customer))
  await stripe.coupons.del(`newsstand_${cart.codeId}`)
  return {
    run: (who) => start(who, cart),
    check: async () => {
      assert.equal((await stripe.customers.list({ email: cart.email })).data.length, 1)
      await assertCanPay(cart, 6500)
    },
  }
})

proves('a checkout whose page is open while its customer is deleted and its price archived', async () => {
  const cart = await prepareCart()
  cart.buyer.readerId = await addReader(cart.email)
  const first = await start(deps, cart)
  const [open] = await sessionsOf(first.orderId, 'open')
  await stripe.customers.del(String(open?.customer))
  const { data } = await stripe.prices.list({ product: `newsstand_${cart.planId}` })
  await stripe.prices.update(data[0]?.id ?? '', { active: false })
  return {
    run: (who) => start(who, cart),
    check: async () => {
      assert.equal((await stripe.customers.list({ email: cart.email })).data.length, 1)
      await assertCanPay(cart, 6500)
    },
  }
})

proves('settling what a new address paid', async () => {
  const cart = await prepareCart()
  const { url, orderId } = await start(deps, cart)
  await pay(url, cart.email)
  const [session] = await sessionsOf(orderId, 'complete')
  return {
    run: (who) => settle(who, session?.id ?? ''),
    check: async () => {
      await settle(deps, session?.id ?? '')
      await assertPaidOnce(cart.email, 6500)
    },
  }
})

/** Two pages of one buyer, both paid, the first one settled. Returns the second. */
async function prepareTwice() {
  const [one, two] = [await prepareCart({ code: false }), await prepareCart({ code: false, price: 1300 })]
  const second = await start(deps, two)
  const first = await start(deps, one)
  await db.updateTable('orders').set({ email: one.email }).where('id', '=', second.orderId).execute()
  for (const { url } of [first, second]) await pay(url, one.email)
  await settle(deps, (await sessionsOf(first.orderId, 'complete'))[0]?.id ?? '')
  const [session] = await sessionsOf(second.orderId, 'complete')
  return { orderId: second.orderId, sessionId: session?.id ?? '', email: one.email }
}

async function countUndoJobs(orderId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int FROM graphile_worker.jobs WHERE key = ${`undo-duplicate:${orderId}`}`.execute(db)
  return rows[0]?.count ?? 0
}

proves('settling what was bought twice', async () => {
  const twice = await prepareTwice()
  return {
    run: (who) => settle(who, twice.sessionId),
    check: async () => {
      assert.equal(await countUndoJobs(twice.orderId), 1)
      await assertUndone(twice.orderId)
    },
  }
})

proves('undoing what was bought twice', async () => {
  const twice = await prepareTwice()
  await settle(deps, twice.sessionId)
  return { run: (who) => undoDuplicate(who, twice.orderId), check: () => assertUndone(twice.orderId) }
})

async function assertUndone(orderId: string): Promise<void> {
  await undoDuplicate(deps, orderId)
  const order = await db.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirstOrThrow()
  assert.equal(order.state, 'refunded')
  const { data } = await stripe.refunds.list({ payment_intent: order.stripe_payment_intent_id ?? '' })
  assert.deepEqual(
    data.map(({ amount }) => amount),
    [1300],
  )
  const { status } = await stripe.subscriptions.retrieve(order.stripe_subscription_id ?? '')
  assert.equal(status, 'canceled')
  const mails = await db.selectFrom('mails').select('kind').where('order_id', '=', orderId).execute()
  assert.deepEqual(mails, [{ kind: 'duplicate' }])
}

/** An order that is paid, and the event that says so, which nobody has heard. */
async function preparePaid() {
  const cart = await prepareCart()
  const { url, orderId } = await start(deps, cart)
  await pay(url, cart.email)
  const { data } = await stripe.events.list({ type: 'checkout.session.completed', limit: 100 })
  const event = data.find(
    ({ data: { object } }) => 'metadata' in object && hasOrder(object.metadata, orderId),
  )
  assert.ok(event)
  const kept = {
    id: event.id,
    type: event.type,
    createdAt: newsstand.clock(),
    livemode: false,
    payload: JSON.stringify(event),
  }
  return { cart, kept }
}

function hasOrder(metadata: unknown, orderId: string): boolean {
  return (
    typeof metadata === 'object' && metadata !== null && 'order' in metadata && metadata.order === orderId
  )
}

const past = new Date('2020-01-01')

/** The sweep, once the lease of who died has run out. */
async function applyLater(eventId: string): Promise<void> {
  await db
    .updateTable('events')
    .set({ next_attempt_at: past })
    .where('id', '=', eventId)
    .where('state', '=', 'received')
    .execute()
  await applyEvent(deps, eventId)
}

proves('keeping an event', async () => {
  const { cart, kept } = await preparePaid()
  return {
    run: (who) => keepEvent(who.db, kept, newsstand.clock(), past),
    // Stripe delivers it no more: the gap filler finds it.
    again: () => takeMissedEvents(deps),
    check: async () => {
      const rows = await db.selectFrom('events').select('id').where('id', '=', kept.id).execute()
      assert.equal(rows.length, 1)
      await applyLater(kept.id)
      await assertPaidOnce(cart.email, 6500)
    },
  }
})

proves('applying an event', async () => {
  const { cart, kept } = await preparePaid()
  await keepEvent(db, kept, newsstand.clock(), past)
  return {
    run: (who) => applyEvent(who, kept.id),
    again: () => applyLater(kept.id),
    check: async () => {
      const { state } = await db
        .selectFrom('events')
        .select('state')
        .where('id', '=', kept.id)
        .executeTakeFirstOrThrow()
      assert.equal(state, 'applied')
      await assertPaidOnce(cart.email, 6500)
    },
  }
})

proves('correcting an address at Stripe', async () => {
  made += 1
  const readerId = await addReader(`right-${made}@example.com`)
  const { id } = await stripe.customers.create({ email: `wrong-${made}@example.com` })
  await db
    .insertInto('stripe_customers')
    .values({ reader_id: readerId, currency: 'USD', stripe_customer_id: id })
    .execute()
  const right = `right-${made}@example.com`
  return {
    run: (who) => correctCustomers(who, readerId),
    check: async () => {
      const customer = await stripe.customers.retrieve(id)
      assert.equal('email' in customer && customer.email, right)
    },
  }
})

proves('sending a receipt', async () => {
  const { cart, kept } = await preparePaid()
  await keepEvent(db, kept, newsstand.clock(), past)
  await applyEvent(deps, kept.id)
  const { id } = await db
    .selectFrom('mails')
    .select('id')
    .where('address', '=', cart.email)
    .executeTakeFirstOrThrow()
  const sent: string[] = []
  const send = (who: CheckoutDeps, life: Life) =>
    deliverMail(
      {
        db: who.db,
        sender: (mail) => life.point('mail: sent', async () => void sent.push(mail.id)),
        clock: newsstand.clock,
        realClock: () => new Date(),
      },
      id,
    )
  return {
    run: send,
    again: async () => {
      await db.updateTable('mails').set({ claimed_until: past }).where('id', '=', id).execute()
      await send(deps, { point: (_: string, effect: () => Promise<unknown>) => effect() } as Life)
    },
    check: async () => {
      // Twice only where the death fell between the carrier's yes and our note of it: then with the same id.
      assert.ok(sent.length >= 1 && sent.length <= 2)
      assert.deepEqual(new Set(sent), new Set([id]))
      const row = await db.selectFrom('mails').select('sent_at').where('id', '=', id).executeTakeFirst()
      assert.ok(row?.sent_at)
    },
  }
})
