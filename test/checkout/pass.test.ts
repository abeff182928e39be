import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, signIn, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

await addPass(newsstand)

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

  it('that runs is not sold again before it has ended; then it is', async () => {
    const email = 'again@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email, 'summer-pass')
    await signIn(newsstand, reader, email)
    await choose(reader, 'summer-pass')
    const answer = await reader.post('/checkout').type('form').send({ email })
    assert.equal(answer.status, 409)
    assert.match(answer.text, /Your pass \(A summer\) runs until [^,]+, \d{4}/)
    await db.updateTable('entitlements').set({ ends_at: newsstand.clock() }).execute()
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
    const orders = await db.selectFrom('orders').select('state').where('email', '=', email).execute()
    assert.deepEqual(orders, [{ state: 'paid' }, { state: 'paid' }])
  })

  it('beside a subscription that opens the same is no duplicate, and stays', async () => {
    const email = 'beside@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email, 'digital-monthly')
    await signIn(newsstand, reader, email)
    await choose(reader, 'summer-pass')
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
    const rows = await db
      .selectFrom('entitlements')
      .innerJoin('readers', 'readers.id', 'reader_id')
      .select('source')
      .where('email', '=', email)
      .execute()
    assert.deepEqual(rows.map((row) => row.source).toSorted(), ['order', 'subscription'])
    assert.deepEqual(await db.selectFrom('duplicates').selectAll().execute(), [])
  })
})
