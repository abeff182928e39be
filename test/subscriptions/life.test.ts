import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { onDispute } from '../../src/webhooks/events/refund.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'

async function advance(fields: Record<string, string>): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fields.days ? { days: Number(fields.days) } : fields),
  })
  assert.equal(answer.status, 200, await answer.text())
}

async function subscriptionOf(email: string) {
  return db
    .selectFrom('subscriptions')
    .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
    .selectAll('subscriptions')
    .where('readers.email', '=', email)
    .executeTakeFirstOrThrow()
}

function daysFromNow(at: Date): number {
  return Math.round((at.getTime() - newsstand.clock().getTime()) / 86_400_000)
}

describe('the life of a subscription', () => {
  it('goes on month by month, with each renewal recorded under the order that began it', async () => {
    const alice = newsstand.visitor()
    const number = await subscribe(alice, 'alice@example.com', 'all-access-monthly')
    const before = newsstand.clock()
    await advance({ days: '70' })
    // The sandbox counts whole seconds, as Stripe does.
    assert.ok(newsstand.clock().getTime() - before.getTime() > 70 * 86_400_000 - 2000)
    await eventually(async () => {
      const order = await db
        .selectFrom('orders')
        .selectAll()
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      const payments = await db
        .selectFrom('payments')
        .selectAll()
        .where('order_id', '=', order.id)
        .orderBy('paid_at')
        .execute()
      assert.deepEqual(
        payments.map((payment) => [payment.kind, payment.amount]),
        [
          ['first', 1300],
          ['renewal', 1300],
          ['renewal', 1300],
        ],
      )
      const days = daysFromNow((await subscriptionOf('alice@example.com')).paid_until)
      assert.ok(days > 15 && days < 25, `${days} days left`)
    })
    const { text } = await alice.get(quds)
    assert.match(text, /data-access="full"/)
    assert.equal((await db.selectFrom('orders').selectAll().execute()).length, 1)
  })

  it('ends when it is cancelled, at the end of what is paid', async () => {
    const bob = newsstand.visitor()
    await subscribe(bob, 'bob@example.com', 'all-access-monthly')
    const { stripe_subscription_id: id } = await subscriptionOf('bob@example.com')
    await stripe.subscriptions.update(id, { cancel_at_period_end: true })
    await eventually(async () => assert.ok((await subscriptionOf('bob@example.com')).ends_at))
    await advance({ days: '20' })
    assert.match((await bob.get(quds)).text, /data-access="full"/)
    await advance({ days: '15' })
    await eventually(async () => {
      assert.equal((await subscriptionOf('bob@example.com')).state, 'canceled')
      assert.match((await bob.get(quds)).text, /data-access="preview" data-reason="ended"/)
    })
  })

  it('ends at once when it is ended at once', async () => {
    const eve = newsstand.visitor()
    await subscribe(eve, 'eve@example.com')
    await stripe.subscriptions.cancel((await subscriptionOf('eve@example.com')).stripe_subscription_id)
    await eventually(async () => assert.match((await eve.get(quds)).text, /data-reason="ended"/))
  })
})

describe('money that goes back', () => {
  it('in part ends nothing; in full closes what it opened', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'refunded@example.com')
    const order = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    const payment_intent = order.stripe_payment_intent_id ?? ''
    const state = async () =>
      (await db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirstOrThrow()).state
    await stripe.refunds.create({ payment_intent, amount: 3000 })
    await eventually(async () => assert.equal(await state(), 'partly_refunded'))
    assert.match((await reader.get(quds)).text, /data-access="full"/)
    await stripe.refunds.create({ payment_intent })
    await eventually(async () => {
      assert.equal(await state(), 'refunded')
      assert.match((await reader.get(quds)).text, /data-access="preview" data-reason="held"/)
    })
    const { text } = await reader.get(`/orders/${number}`)
    assert.match(text, /data-order-state="refunded"\s+data-order-total="130\.00"/)
  })

  it('once, does not close what a later renewal pays for', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'goodwill@example.com', 'all-access-monthly')
    const order = async () =>
      db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
    await stripe.refunds.create({ payment_intent: (await order()).stripe_payment_intent_id ?? '' })
    await eventually(async () => assert.equal((await order()).state, 'refunded'))
    await advance({ days: '35' })
    await eventually(async () => {
      assert.equal((await order()).state, 'partly_refunded')
      assert.match((await reader.get(quds)).text, /data-access="full"/)
    })
  })

  it('stays gone when a dispute about it is won', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'quarrel@example.com')
    const order = async () =>
      db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
    const payment_intent = (await order()).stripe_payment_intent_id ?? ''
    await stripe.refunds.create({ payment_intent })
    await eventually(async () => assert.equal((await order()).state, 'refunded'))
    for (const status of ['needs_response', 'won'])
      await onDispute(disputed(status), disputeOf(payment_intent))
    assert.equal((await order()).state, 'refunded')
    assert.match((await reader.get(quds)).text, /data-access="preview" data-reason="held"/)
  })
})

/** As if Stripe, asked for the dispute, answered with this status. */
function disputed(status: string): typeof newsstand.deps {
  const answer = {
    id: 'du_quarrel',
    status,
    amount: 13000,
    currency: 'usd',
    created: 1_795_000_000,
    balance_transactions: [],
  }
  const disputes = { retrieve: async () => answer }
  return { ...newsstand.deps, stripe: Object.assign(Object.create(stripe), { disputes }) }
}

function disputeOf(payment_intent: string) {
  const event = { id: 'evt_quarrel', type: 'charge.dispute.closed', createdAt: newsstand.clock() }
  return { ...event, objectId: 'du_quarrel', refersTo: { payment_intent } }
}

describe('events that never come', () => {
  it('are taken from Stripe’s list', async () => {
    await fetch(`${newsstand.sandboxUrl}/faults`, {
      method: 'POST',
      body: new URLSearchParams({ drop: '1' }),
    })
    const reader = newsstand.visitor()
    await subscribe(reader, 'unheard@example.com', 'all-access-monthly')
    await stripe.subscriptions.cancel((await subscriptionOf('unheard@example.com')).stripe_subscription_id)
    assert.equal((await subscriptionOf('unheard@example.com')).state, 'active')
    const missed = await takeMissed()
    assert.ok(missed > 0)
    await eventually(async () =>
      assert.equal((await subscriptionOf('unheard@example.com')).state, 'canceled'),
    )
    assert.equal(await takeMissed(), 0)
    await fetch(`${newsstand.sandboxUrl}/faults`, {
      method: 'POST',
      body: new URLSearchParams({ reset: 'on' }),
    })
  })
})

async function takeMissed(): Promise<number> {
  const missed = await takeMissedEvents(newsstand.deps)
  for (const id of missed) await applyEvent(newsstand.deps, id)
  return missed.length
}
