import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

const pass = {
  id: randomUUID(),
  slug: 'summer-pass',
  name: 'A summer',
  summary: 'Three months, paid once.',
  kind: 'pass' as const,
}
const now = newsstand.clock()
await db
  .insertInto('plans')
  .values({
    ...pass,
    opens: ['daily'],
    lasts_months: 3,
    active: true,
    position: 9,
    created_at: now,
    stripe_product_id: null,
  })
  .execute()
const price = { id: randomUUID(), plan_id: pass.id, currency: 'USD', unit_amount: 2000, interval: null }
await db
  .insertInto('prices')
  .values({ ...price, active: true, created_at: now, stripe_price_id: null })
  .execute()

describe('a pass', () => {
  it('is paid once, opens for its months and begins no subscription', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'summer@example.com', 'summer-pass')
    const order = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    assert.equal(order.state, 'paid')
    assert.equal(order.stripe_subscription_id, null)
    const session = await db
      .selectFrom('checkout_sessions')
      .select('id')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    assert.equal((await newsstand.stripe.checkout.sessions.retrieve(session.id)).mode, 'payment')
    const entitlement = await db
      .selectFrom('entitlements')
      .selectAll()
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    const expected = new Date(entitlement.starts_at)
    expected.setUTCMonth(expected.getUTCMonth() + 3)
    assert.equal(entitlement.ends_at?.getTime(), expected.getTime())
    assert.match((await reader.get('/articles/quds-force-chief-visits-baghdad')).text, /data-access="full"/)
    assert.match((await reader.get('/articles/the-cello-in-two-places')).text, /data-reason="other"/)
  })

  it('and a subscription can be bought in one order', async () => {
    const reader = newsstand.visitor()
    await reader.post('/cart/lines').type('form').send({ plan: 'summer-pass' }).expect(303)
    const number = await subscribe(reader, 'both-kinds@example.com', 'all-access-annual')
    const order = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    assert.equal(order.total, 15_000)
    const rows = await db
      .selectFrom('entitlements')
      .select('source')
      .where('order_id', '=', order.id)
      .execute()
    assert.deepEqual(rows.map((row) => row.source).toSorted(), ['order', 'subscription'])
    const payments = await db
      .selectFrom('payments')
      .select('amount')
      .where('order_id', '=', order.id)
      .execute()
    assert.deepEqual(payments, [{ amount: 15_000 }])
  })
})
