import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

function eventText(type: string, object: object, changes: object = {}): string {
  const created = Math.floor(Date.now() / 1000)
  const id = `evt_${randomUUID().replaceAll('-', '')}`
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object },
    ...changes,
  })
}

function signature(body: string, secret = 'whsec_sandbox', at = Math.floor(Date.now() / 1000)): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

async function send(
  body: string,
  headers: Record<string, string> = { 'stripe-signature': signature(body) },
): Promise<number> {
  const answer = await fetch(`${newsstand.url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  })
  await answer.text()
  return answer.status
}

function idOf(body: string): string {
  return JSON.parse(body).id
}

async function kept(body: string) {
  return db.selectFrom('events').selectAll().where('id', '=', idOf(body)).executeTakeFirst()
}

async function endOf(body: string) {
  return eventually(async () => {
    const event = await kept(body)
    assert.ok(event && event.state !== 'received', event?.note ?? 'not kept')
    return event
  })
}

describe('a signed event', () => {
  it('of an unknown type is kept and ignored, with 200', async () => {
    const body = eventText('unicorn.born', { id: 'uni_1', object: 'unicorn' })
    assert.equal(await send(body), 200)
    assert.equal((await endOf(body)).state, 'ignored')
  })

  it('is kept once, byte for byte, however often it comes', async () => {
    const body = eventText('unicorn.born', { id: 'uni_2', name: 'Zoë \u0000' })
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send(body)))
    assert.deepEqual(new Set(statuses), new Set([200]))
    const rows = await db.selectFrom('events').selectAll().where('id', '=', idOf(body)).execute()
    assert.equal(rows.length, 1)
    assert.deepEqual(rows[0]?.payload, JSON.parse(body))
  })

  it('about an object that Stripe does not know is kept and ignored', async () => {
    for (const [type, id] of [
      ['checkout.session.completed', 'cs_test_unknown'],
      ['customer.subscription.updated', 'sub_unknown'],
      ['charge.refunded', 'ch_unknown'],
    ] as const) {
      const body = eventText(type, { id, payment_intent: 'pi_unknown' })
      assert.equal(await send(body), 200)
      assert.equal((await endOf(body)).state, 'ignored', type)
    }
  })

  it('of the other mode is kept and ignored', async () => {
    const body = eventText('checkout.session.completed', { id: 'cs_live_x' }, { livemode: true })
    assert.equal(await send(body), 200)
    assert.match((await endOf(body)).note ?? '', /other mode/)
  })

  it('about another program’s objects is kept and ignored', async () => {
    const session = await newsstand.stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'http://localhost/',
      line_items: [
        { quantity: 1, price_data: { currency: 'usd', unit_amount: 500, product_data: { name: 'A mug' } } },
      ],
      metadata: { installation: 'somebody else', order: randomUUID() },
    })
    const body = eventText('checkout.session.completed', { id: session.id })
    assert.equal(await send(body), 200)
    assert.equal((await endOf(body)).note, 'Not of this installation')
  })

  it('without an id in its object is ignored', async () => {
    const body = eventText('checkout.session.completed', { object: 'checkout.session' })
    assert.equal(await send(body), 200)
    assert.equal((await endOf(body)).state, 'ignored')
  })

  it('settles an order whose browser never comes back', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await pay(await goToPayment(visitor, 'gone@example.com'), 'gone@example.com')
    await eventually(async () => {
      const order = await db
        .selectFrom('orders')
        .select('state')
        .where('email', '=', 'gone@example.com')
        .executeTakeFirst()
      assert.equal(order?.state, 'paid')
    })
  })

  it('changes nothing when it comes again, late, or before what it follows from', async () => {
    const visitor = newsstand.visitor()
    const number = await subscribe(visitor, 'shuffled@example.com')
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
    const before = await stateOf(order.id)
    const bodies = [
      eventText('invoice.paid', {
        id: 'in_x',
        parent: { subscription_details: { subscription: order.stripe_subscription_id } },
      }),
      eventText('customer.subscription.updated', { id: order.stripe_subscription_id, status: 'incomplete' }),
      eventText('customer.subscription.created', { id: order.stripe_subscription_id }),
      eventText('checkout.session.expired', { id: session.id, status: 'expired' }),
      eventText('checkout.session.async_payment_failed', { id: session.id }),
      eventText('checkout.session.completed', { id: session.id }),
    ]
    for (const body of [...bodies, ...bodies.toReversed()]) assert.equal(await send(body), 200)
    for (const body of bodies) assert.equal((await endOf(body)).state, 'applied')
    assert.deepEqual(await stateOf(order.id), before)
  })
})

async function stateOf(orderId: string) {
  const { state, total } = await db
    .selectFrom('orders')
    .selectAll()
    .where('id', '=', orderId)
    .executeTakeFirstOrThrow()
  const payments = await db.selectFrom('payments').selectAll().where('order_id', '=', orderId).execute()
  const entitlements = await db
    .selectFrom('entitlements')
    .selectAll()
    .where('order_id', '=', orderId)
    .execute()
  return { state, total, payments, entitlements }
}

describe('what is refused, with nothing kept', () => {
  const body = eventText('unicorn.born', { id: 'uni_3' })

  it('no signature, a wrong one, another secret’s, other bytes', async () => {
    assert.equal(await send(body, {}), 400)
    assert.equal(await send(body, { 'stripe-signature': 'nonsense' }), 400)
    assert.equal(await send(body, { 'stripe-signature': signature(body, 'whsec_other') }), 400)
    assert.equal(await send(body, { 'stripe-signature': signature(`${body} `) }), 400)
    assert.equal(await kept(body), undefined)
  })

  it('a signature from more than five minutes ago', async () => {
    const old = Math.floor(Date.now() / 1000) - 301
    assert.equal(await send(body, { 'stripe-signature': signature(body, 'whsec_sandbox', old) }), 400)
    assert.equal(await kept(body), undefined)
  })

  it('a body that is too large', async () => {
    const large = eventText('unicorn.born', { id: 'uni_4', horn: 'x'.repeat(1_100_000) })
    assert.equal(await send(large), 413)
    assert.equal(await kept(large), undefined)
  })

  it('what is signed and no event', async () => {
    for (const text of [
      'not json',
      '""',
      '[]',
      '{}',
      '{"object":"event"}',
      eventText('x', {}, { id: 'cus_1' }),
      eventText('x', {}, { object: 'v2.core.event' }),
    ]) {
      assert.equal(await send(text), 400, text)
    }
  })

  it('an empty body', async () => {
    assert.equal(await send('', { 'stripe-signature': signature('') }), 400)
  })

  it('another method', async () => {
    assert.equal((await fetch(`${newsstand.url}/webhooks/stripe`)).status, 404)
  })
})

describe('an event that cannot be applied', () => {
  it('is tried again, and does not hold up others', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await fetch(`${newsstand.sandboxUrl}/faults`, {
      method: 'POST',
      body: new URLSearchParams({ api_failure: '1' }),
    })
    const body = eventText('customer.subscription.updated', { id: 'sub_later' })
    assert.equal(await send(body), 200)
    await eventually(async () => {
      const event = await kept(body)
      assert.ok(event?.note)
      assert.equal(event?.state, 'received')
      assert.ok(event?.next_attempt_at)
    })
    await fetch(`${newsstand.sandboxUrl}/faults`, {
      method: 'POST',
      body: new URLSearchParams({ reset: 'on' }),
    })
    assert.equal((await endOf(body)).state, 'ignored')
  })
})
