import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { settle } from '../../src/checkout/settle.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand

async function paidOrder(email: string) {
  const number = await subscribe(newsstand.visitor(), email)
  const order = await db
    .selectFrom('orders')
    .selectAll()
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  const session = await db
    .selectFrom('checkout_sessions')
    .select('id')
    .where('order_id', '=', order.id)
    .executeTakeFirstOrThrow()
  return { order, sessionId: session.id }
}

async function setFaults(fields: Record<string, string>): Promise<void> {
  const body = new URLSearchParams(fields)
  assert.ok((await fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body })).ok)
}

const driftOf = (orderId: string) =>
  db.selectFrom('drift').selectAll().where('order_id', '=', orderId).execute()

describe('a session that is settled already', () => {
  it('is the one that paid, though its payment intent was not known at first', async () => {
    const { order, sessionId } = await paidOrder('late-intent@example.com')
    await db
      .updateTable('orders')
      .set({ stripe_payment_intent_id: null })
      .where('id', '=', order.id)
      .execute()
    assert.equal((await settle(deps, sessionId)).outcome, 'already')
    assert.deepEqual(await driftOf(order.id), [])
  })

  it('is a second payment where its subscription is another, and staff are told to end it', async () => {
    const { order, sessionId } = await paidOrder('second-payment@example.com')
    const changes = { stripe_subscription_id: 'sub_another' }
    await db.updateTable('orders').set(changes).where('id', '=', order.id).execute()
    assert.equal((await settle(deps, sessionId)).outcome, 'already')
    const [drift] = await driftOf(order.id)
    assert.equal(drift?.kind, 'paid_twice')
    assert.match(drift?.fix ?? '', new RegExp(`Cancel the subscription ${order.stripe_subscription_id}`))
  })
})

describe('a return while Stripe does not answer', () => {
  it('of a paid order says so, without asking; of one that we know nothing of yet, that it is on its way', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'outage@example.com')
    const { id } = await db
      .selectFrom('checkout_sessions')
      .innerJoin('orders', 'orders.id', 'order_id')
      .select('checkout_sessions.id')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    const other = newsstand.visitor()
    await choose(other, 'digital-monthly')
    const page = await goToPayment(other, 'outage-too@example.com')
    await setFaults({ drop: '1' })
    const way = wayBack(await pay(page, 'outage-too@example.com'))
    await setFaults({ reset: 'on', api_failure: '1' })
    await reader.get(`/checkout/return?session_id=${id}`).expect(303).expect('Location', `/orders/${number}`)
    assert.match((await other.get(way).expect(200)).text, /on its way/)
    await setFaults({ reset: 'on' })
    await other
      .get(way)
      .expect(303)
      .expect('Location', /^\/orders\//)
  })
})

describe('returns from payment', () => {
  it('are few enough from one network that nobody uses up what Stripe answers', async () => {
    const address = '/checkout/return?session_id=cs_test_nobodys'
    const stranger = newsstand.visitor()
    await stranger.get(address).expect(404)
    const key = createHash('sha256').update('returns from 127.0.0.1').digest('base64url')
    await db.updateTable('limits').set({ uses: 600 }).where('key', '=', key).execute()
    const { headers } = await stranger.get(address).expect(429)
    assert.ok(Number(headers['retry-after']) > 0)
    await stranger.get(address).set('X-Forwarded-For', '203.0.113.9').expect(404)
  })
})
