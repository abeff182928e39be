import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { followSubscription } from '../../src/entitlements/follow-subscription.ts'
import { onDispute, onRefund } from '../../src/webhooks/events/refund.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe, type Visitor } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'

const passId = randomUUID()
await db
  .insertInto('plans')
  .values({
    id: passId,
    slug: 'summer-pass',
    name: 'A summer',
    summary: 'Three months, paid once.',
    kind: 'pass',
    opens: ['daily'],
    lasts_months: 3,
    active: true,
    position: 9,
    created_at: newsstand.clock(),
    stripe_product_id: null,
  })
  .execute()
await db
  .insertInto('prices')
  .values({
    id: randomUUID(),
    plan_id: passId,
    currency: 'USD',
    unit_amount: 2000,
    interval: null,
    active: true,
    created_at: newsstand.clock(),
    stripe_price_id: null,
  })
  .execute()

const dora = newsstand.visitor()
await signIn(newsstand, dora, 'owner@newsstand.test')

async function orderOf(number: string) {
  return db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
}

async function intentOf(number: string): Promise<string> {
  return (await orderOf(number)).stripe_payment_intent_id ?? ''
}

async function reason(reader: Visitor): Promise<string> {
  return /data-reason="(\w+)"/.exec((await reader.get(quds)).text)?.[1] ?? ''
}

async function historyOf(number: string, by: 'staff' | 'newsstand' = 'staff'): Promise<string[]> {
  const rows = await db
    .selectFrom('order_history')
    .select('text')
    .where('order_id', '=', (await orderOf(number)).id)
    .where('by', '=', by)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.text)
}

async function questions(number: string): Promise<string[]> {
  const rows = await db
    .selectFrom('drift')
    .select('kind')
    .where('order_id', '=', (await orderOf(number)).id)
    .where('closed_at', 'is', null)
    .execute()
  return rows.map((row) => row.kind)
}

function post(staff: Visitor, number: string, what: string, fields: Record<string, string> = {}) {
  return staff.post(`/admin/orders/${number}/${what}`).type('form').send(fields)
}

/** Refunds at Stripe, and waits until the order knows. Returns the refund's id. */
async function refund(
  number: string,
  amount?: number,
  metadata: Record<string, string> = {},
): Promise<string> {
  const payment_intent = await intentOf(number)
  const { id } = await stripe.refunds.create({ payment_intent, metadata, ...(amount ? { amount } : {}) })
  await eventually(async () =>
    assert.ok(
      await db.selectFrom('refunds').select('id').where('stripe_refund_id', '=', id).executeTakeFirst(),
    ),
  )
  return id
}

describe('a full refund', () => {
  it('closes what was opened until staff let the reader read on, and take that back', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'alice@example.com')
    await refund(number)
    assert.equal(await reason(reader), 'held')
    const page = await dora.get(`/admin/orders/${number}`)
    assert.match(page.text, /Waits: it was paid back in full/)
    assert.match(page.text, new RegExp(`action="/admin/orders/${number}/release"`))
    await post(dora, number, 'release').expect(303).expect('Location', `/admin/orders/${number}`)
    await post(dora, number, 'release').expect(303)
    assert.equal(await reason(reader), 'entitlement')
    assert.match((await dora.get(`/admin/orders/${number}`)).text, /Open, because staff let it/)
    await onRefund(deps, refundEvent(await intentOf(number)))
    assert.equal(await reason(reader), 'entitlement', 'told of the refund again')
    await post(dora, number, 'hold').expect(303)
    await post(dora, number, 'hold').expect(303)
    assert.equal(await reason(reader), 'held')
    assert.deepEqual(await historyOf(number), [
      'owner@newsstand.test lets the reader read on all the same',
      'owner@newsstand.test ended reading on',
    ])
  })

  it('is no business of strangers, readers or editors', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'bob@example.com')
    await refund(number)
    const eve = newsstand.visitor()
    await subscribe(eve, 'editor@example.com')
    const { id } = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'editor@example.com')
      .executeTakeFirstOrThrow()
    await db.insertInto('staff').values({ reader_id: id, role: 'editor', since: newsstand.clock() }).execute()
    const editor = newsstand.visitor()
    await signIn(newsstand, editor, 'editor@example.com')
    for (const what of ['release', 'hold', 'lines/1/closure', 'refund-answers', 'renewal-answers']) {
      await post(newsstand.visitor(), number, what)
        .expect(303)
        .expect('Location', /^\/sign-in/)
      await post(reader, number, what).expect(404)
      await post(editor, number, what).expect(403)
      await post(dora, 'NS-0', what).expect(404)
    }
    assert.equal(await reason(reader), 'held')
    assert.deepEqual(await historyOf(number), [])
  })

  it('that never was cannot be overlooked', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'carol@example.com')
    for (const what of ['release', 'hold']) await post(dora, number, what).expect(303)
    assert.equal(await reason(reader), 'entitlement')
    assert.deepEqual(await historyOf(number), [])
  })
})

function refundEvent(payment_intent: string) {
  const event = { id: 'evt_again', type: 'charge.refunded', createdAt: newsstand.clock() }
  return { ...event, objectId: 'ch_again', refersTo: { payment_intent } }
}

describe('a part that is refunded at Stripe', () => {
  it('ends nothing and asks staff, who leave everything open', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'part@example.com')
    const id = await refund(number, 3000)
    assert.equal(await reason(reader), 'entitlement')
    const { text } = await dora.get(`/admin/orders/${number}`)
    assert.match(text, /For you to decide/)
    assert.match(text, new RegExp(`Refund ${id} gave back \\$30\\.00 of an order over \\$130\\.00`))
    assert.match(text, /End what line 1 opens: All-Access, yearly \(cancels its subscription at once\)/)
    await post(dora, number, 'refund-answers', { refund: id, line: '2' }).expect(422)
    await post(dora, number, 'refund-answers', { refund: id, line: '' }).expect(303)
    await post(dora, number, 'refund-answers', { refund: id, line: '' }).expect(303)
    await post(dora, number, 'refund-answers', { refund: id, line: '1' }).expect(303)
    assert.equal(await reason(reader), 'entitlement', 'an answer is final')
    await onRefund(deps, refundEvent(await intentOf(number)))
    assert.deepEqual(await questions(number), [])
    assert.deepEqual(await historyOf(number), [
      `owner@newsstand.test left open what the order opens after refund ${id}`,
    ])
  })

  it('ends the line that staff name: its subscription is cancelled at Stripe', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'line@example.com')
    const id = await refund(number, 3000)
    await post(dora, number, 'refund-answers', { refund: id, line: '1' }).expect(303)
    await post(dora, number, 'refund-answers', { refund: id, line: '1' }).expect(303)
    assert.equal(await reason(reader), 'ended')
    const { stripe_subscription_id } = await orderOf(number)
    assert.equal((await stripe.subscriptions.retrieve(stripe_subscription_id ?? '')).status, 'canceled')
    assert.deepEqual(await questions(number), [])
    assert.deepEqual(await historyOf(number), ['What line 1 opens was ended by owner@newsstand.test'])
  })

  it('ends a pass too, and no later refund opens it again', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'pass@example.com', 'summer-pass')
    const id = await refund(number, 500)
    await post(dora, number, 'refund-answers', { refund: id, line: '1' }).expect(303)
    assert.equal(await reason(reader), 'ended')
    const second = await refund(number, 100)
    assert.deepEqual(await questions(number), ['refund_names_no_line'])
    await post(dora, number, 'refund-answers', { refund: second, line: '1' }).expect(303)
    assert.equal(await reason(reader), 'ended')
    assert.deepEqual(await questions(number), [])
    assert.equal((await historyOf(number)).length, 1)
    assert.match((await dora.get(`/admin/orders/${number}`)).text, /Ended: staff ended this line/)
  })

  it('asks nothing any more once all has gone back', async () => {
    const number = await subscribe(newsstand.visitor(), 'rest@example.com')
    await refund(number, 3000)
    assert.deepEqual(await questions(number), ['refund_names_no_line'])
    await refund(number)
    await eventually(async () => assert.deepEqual(await questions(number), ['refunded_goes_on']))
  })

  it('asks nothing where Newsstand itself gave it back', async () => {
    const number = await subscribe(newsstand.visitor(), 'ours@example.com')
    await refund(number, 3000, { installation: newsstand.deps.installation.id })
    assert.equal((await orderOf(number)).state, 'partly_refunded')
    assert.deepEqual(await questions(number), [])
  })

  it('of another order cannot be answered here', async () => {
    const number = await subscribe(newsstand.visitor(), 'mine@example.com')
    const other = await subscribe(newsstand.visitor(), 'other@example.com')
    const id = await refund(other, 100)
    await post(dora, number, 'refund-answers', { refund: id, line: '1' }).expect(303)
    assert.deepEqual(await questions(other), ['refund_names_no_line'])
    assert.deepEqual(await historyOf(number), [])
  })
})

describe('a subscription of which everything was paid back', () => {
  const again = async (number: string) => onRefund(deps, refundEvent(await intentOf(number)))
  const subscriptionOf = async (number: string) => (await orderOf(number)).stripe_subscription_id ?? ''

  it('is a question to staff, who end it', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'all-back@example.com')
    const id = await refund(number)
    assert.deepEqual(await questions(number), ['refunded_goes_on'])
    const { text } = await dora.get(`/admin/orders/${number}`)
    assert.match(text, new RegExp(`All that was paid went back, last with refund ${id}`))
    assert.match(text, /End the subscription now/)
    await post(dora, number, 'lines/1/closure').expect(303)
    await post(dora, number, 'lines/1/closure').expect(303)
    assert.equal((await stripe.subscriptions.retrieve(await subscriptionOf(number))).status, 'canceled')
    await again(number)
    assert.deepEqual(await questions(number), [])
    assert.equal(await reason(reader), 'held')
  })

  it('or let it go on, which is not asked again for that refund', async () => {
    const number = await subscribe(newsstand.visitor(), 'goes-on@example.com')
    const other = await subscribe(newsstand.visitor(), 'goes-on-too@example.com')
    const [id, foreign] = [await refund(number), await refund(other)]
    await post(dora, number, 'renewal-answers', { refund: foreign }).expect(303)
    assert.deepEqual(await questions(other), ['refunded_goes_on'], 'it is of another order')
    await post(dora, number, 'renewal-answers', { refund: id }).expect(303)
    await post(dora, number, 'renewal-answers', { refund: id }).expect(303)
    await again(number)
    assert.deepEqual(await questions(number), [])
    assert.deepEqual(await historyOf(number), [
      `owner@newsstand.test let the subscription go on after refund ${id}`,
    ])
    assert.equal((await stripe.subscriptions.retrieve(await subscriptionOf(number))).status, 'active')
  })

  it('asks only while it will be charged again', async () => {
    const number = await subscribe(newsstand.visitor(), 'at-end@example.com')
    const id = await subscriptionOf(number)
    await stripe.subscriptions.update(id, { cancel_at_period_end: true })
    await followSubscription(deps, id)
    await refund(number)
    assert.deepEqual(await questions(number), [])
    await stripe.subscriptions.update(id, { cancel_at_period_end: false })
    await followSubscription(deps, id)
    assert.deepEqual(await questions(number), ['refunded_goes_on'])
    await stripe.subscriptions.cancel(id)
    await followSubscription(deps, id)
    assert.deepEqual(await questions(number), [])
  })

  it('asks nothing where only a pass was sold', async () => {
    const number = await subscribe(newsstand.visitor(), 'pass-back@example.com', 'summer-pass')
    await refund(number)
    assert.deepEqual(await questions(number), [])
  })
})

describe('a lost dispute whose subscription goes on', () => {
  async function lose(email: string): Promise<{ reader: Visitor; number: string }> {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, email, 'all-access-monthly')
    const id = `du_${email.replace(/\W/g, '')}`
    const dispute = {
      id,
      status: 'lost',
      amount: 1300,
      currency: 'usd',
      created: 1_795_000_000,
      balance_transactions: [],
    }
    const disputes = { retrieve: async () => dispute }
    await onDispute(
      { ...deps, stripe: Object.assign(Object.create(stripe), { disputes }) },
      { ...refundEvent(await intentOf(number)), objectId: id },
    )
    assert.equal(await reason(reader), 'ended')
    return { reader, number }
  }

  it('is cancelled by staff', async () => {
    const { reader, number } = await lose('gone@example.com')
    const { text } = await dora.get(`/admin/orders/${number}`)
    assert.match(text, /Cancel the subscription at once/)
    await post(dora, number, 'lines/1/closure').expect(303)
    await post(dora, number, 'lines/1/closure').expect(303)
    await post(dora, number, 'lines/2/closure').expect(404)
    const { stripe_subscription_id } = await orderOf(number)
    assert.equal((await stripe.subscriptions.retrieve(stripe_subscription_id ?? '')).status, 'canceled')
    assert.deepEqual(await questions(number), [])
    assert.equal(await reason(reader), 'ended')
    assert.equal((await historyOf(number)).length, 1)
  })

  it('or lets its reader read on, which staff can take back', async () => {
    const { reader, number } = await lose('stays@example.com')
    await post(dora, number, 'release').expect(303)
    assert.equal(await reason(reader), 'entitlement')
    assert.deepEqual(await questions(number), [])
    await post(dora, number, 'hold').expect(303)
    assert.equal(await reason(reader), 'ended')
    assert.deepEqual(await questions(number), ['dispute_lost_goes_on'])
  })
})
