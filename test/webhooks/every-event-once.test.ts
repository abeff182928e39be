import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import type Stripe from 'stripe'
import { queueJob } from '../../src/jobs/queue-job.ts'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { advance, compareAll, openDrift, orderOf, setFaults, settled } from '../reconcile/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const dora = newsstand.visitor()
await signIn(newsstand, dora, 'owner@newsstand.test')

async function eventOf(id: string) {
  return db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** Keeps an event about a subscription, as if it had just come, without anybody at it yet. */
async function keep(id: string, objectId: string): Promise<void> {
  const type = 'customer.subscription.updated'
  const payload = {
    id,
    object: 'event',
    type,
    created: 1,
    livemode: false,
    data: { object: { id: objectId } },
  }
  await db
    .insertInto('events')
    .values({
      id,
      type,
      created_at: deps.clock(),
      livemode: false,
      payload: JSON.stringify(payload),
      received_at: deps.clock(),
      state: 'received',
      next_attempt_at: new Date(Date.now() - 1000),
    })
    .execute()
}

/** As if the wait until the next attempt were over. */
async function hasten(id: string): Promise<void> {
  await db
    .updateTable('events')
    .set({ next_attempt_at: new Date(Date.now() - 1) })
    .where('id', '=', id)
    .execute()
}

/** The same Stripe, which fails when it is asked for a subscription. */
const failing = {
  ...deps,
  stripe: Object.assign(Object.create(stripe) as Stripe, {
    subscriptions: { retrieve: () => Promise.reject(new Error('the bank is on fire')) },
  }),
}

describe('an event that keeps failing', () => {
  it('is tried nine times with growing waits, then set aside with its error; replaying it applies it', async () => {
    const number = await subscribe(newsstand.visitor(), 'alice@example.com')
    await settled(newsstand)
    const subscription = (await orderOf(newsstand, number)).stripe_subscription_id ?? ''
    await keep('evt_poison', subscription)
    const waits: number[] = []
    for (let attempt = 1; attempt <= 8; attempt++) {
      await hasten('evt_poison')
      await applyEvent(failing, 'evt_poison')
      const event = await eventOf('evt_poison')
      assert.equal(event.state, 'received')
      assert.equal(event.attempts, attempt)
      assert.match(event.note ?? '', /the bank is on fire/)
      waits.push(event.next_attempt_at?.getTime() ?? 0)
      // Nobody takes it before its time.
      await applyEvent(failing, 'evt_poison')
      assert.equal((await eventOf('evt_poison')).attempts, attempt)
    }
    const now = Date.now()
    for (const [index, wait] of waits.entries()) assert.ok(index === 0 || wait > (waits[index - 1] ?? 0))
    assert.ok((waits.at(-1) ?? 0) > now + 11 * 3_600_000, 'the last wait is about half a day')
    await hasten('evt_poison')
    await applyEvent(failing, 'evt_poison')
    const poison = await eventOf('evt_poison')
    assert.equal(poison.state, 'failed')
    assert.equal(poison.next_attempt_at, null)

    const { text } = await dora.get('/admin/events?state=failed').expect(200)
    assert.match(text, /evt_poison/)
    assert.match(text, /the bank is on fire/)
    assert.match(
      (await dora.get('/admin')).text,
      /<strong>1<\/strong> <span>Events that could not be applied/,
    )
    await newsstand
      .visitor()
      .post('/admin/events/evt_poison/attempts')
      .expect(303)
      .expect('Location', /sign-in/)
    const carol = newsstand.visitor()
    await signIn(newsstand, carol, 'carol@example.com')
    await carol.post('/admin/events/evt_poison/attempts').expect(404)
    assert.equal((await eventOf('evt_poison')).state, 'failed')

    await dora.post('/admin/events/evt_poison/attempts').expect(303)
    await eventually(async () => assert.equal((await eventOf('evt_poison')).state, 'applied'))
  })
})

describe('events that Stripe cannot deliver', () => {
  /** What the house does every few minutes, and at its start. */
  async function reconcile(): Promise<void> {
    await queueJob(db, 'take-missed-events', {})
    await eventually(async () => {
      const { rows } = await sql<{ what: string }>`
        SELECT task_identifier AS what FROM graphile_worker.jobs WHERE task_identifier = 'take-missed-events'
        UNION ALL SELECT concat_ws(' ', id, note) FROM events WHERE state = 'received'`.execute(db)
      assert.deepEqual(rows, [])
    })
  }

  it('settle an order all the same within the interval, though no browser comes back', async () => {
    await setFaults(newsstand, { drop: '1' })
    const visitor = newsstand.visitor()
    await choose(visitor)
    await pay(await goToPayment(visitor, 'unheard@example.com'), 'unheard@example.com')
    const { number } = await db
      .selectFrom('orders')
      .select('number')
      .where('email', '=', 'unheard@example.com')
      .executeTakeFirstOrThrow()
    assert.equal((await orderOf(newsstand, number)).state, 'pending')
    await reconcile()
    assert.equal((await orderOf(newsstand, number)).state, 'paid')
  })

  it('are all there after a day’s outage with renewals, refunds and a dispute', async () => {
    const numbers: string[] = []
    await setFaults(newsstand, {})
    for (const name of ['renewing', 'refunded', 'cancelled'])
      numbers.push(await subscribe(newsstand.visitor(), `${name}@example.com`, 'all-access-monthly'))
    await advance(newsstand, 27)
    await setFaults(newsstand, { drop: '1' })
    const [, refunded, cancelled] = await Promise.all(numbers.map((number) => orderOf(newsstand, number)))
    await stripe.refunds.create({ payment_intent: refunded?.stripe_payment_intent_id ?? '' })
    await stripe.subscriptions.cancel(cancelled?.stripe_subscription_id ?? '')
    const disputing = newsstand.visitor()
    await choose(disputing)
    await pay(
      await goToPayment(disputing, 'disputing@example.com'),
      'disputing@example.com',
      '4000000000000259',
    )
    await advance(newsstand, 5)
    assert.equal(
      (await db.selectFrom('payments').selectAll().where('kind', '=', 'renewal').execute()).length,
      0,
    )
    await reconcile()
    await setFaults(newsstand, {})
    const renewals = await db.selectFrom('payments').selectAll().where('kind', '=', 'renewal').execute()
    assert.equal(renewals.length, 2)
    assert.equal((await db.selectFrom('disputes').selectAll().execute()).length, 1)
    await compareAll(newsstand)
    // What was paid back is one of two payments by now: which that was for is a question, and no difference.
    const open = (await openDrift(newsstand)).filter(({ kind }) => kind !== 'refund_names_no_line')
    assert.deepEqual(open, [])
  })

  it('come in pages, several in the same second, and one that is seen late', async () => {
    await subscribe(newsstand.visitor(), 'latest@example.com')
    await settled(newsstand)
    await db.deleteFrom('events').execute()
    await db.deleteFrom('inbox_progress').execute()
    const asked: string[] = []
    let late: Stripe.Event | null = null
    const list = async (params: Stripe.EventListParams) => {
      asked.push(params.starting_after ?? 'first')
      const page = await stripe.events.list({ ...params, limit: 5 })
      late ??= page.data.find(({ id }) => page.data[2]?.id === id) ?? null
      return { ...page, data: page.data.filter(({ id }) => !hidden || id !== late?.id) }
    }
    let hidden = true
    const events = Object.assign(Object.create(stripe.events), { list })
    const paging = { ...deps, stripe: Object.assign(Object.create(stripe) as Stripe, { events }) }
    const missed = await takeMissedEvents(paging)
    assert.ok(asked.length > 3, `${asked.length} pages`)
    assert.equal(new Set(missed).size, missed.length)
    const seconds = await db.selectFrom('events').select('created_at').execute()
    assert.ok(new Set(seconds.map((row) => row.created_at.getTime())).size < seconds.length)
    const lateId = (late as Stripe.Event | null)?.id ?? ''
    assert.ok(lateId && !missed.includes(lateId))
    hidden = false
    assert.deepEqual(await takeMissedEvents(paging), [lateId])
    assert.deepEqual(await takeMissedEvents(paging), [])
  })
})
