import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { onCheckoutSession } from '../../src/webhooks/events/checkout-session.ts'
import { onPaymentFailed } from '../../src/webhooks/events/checkout-session-payment-failed.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { eventually, mailTo, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'
const accounts = { pays: '000123456789', noFunds: '000222222227', silent: '000000000009' }

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

async function advance(days: number): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    body: new URLSearchParams({ days: String(days) }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

function faults(fields: Record<string, string>): Promise<Response> {
  return fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body: new URLSearchParams(fields) })
}

/** Lets the payment page debit an account. Returns the way back to the paper. */
async function debit(page: string, email: string, account: string): Promise<string> {
  const fields = { pay_with: 'us_bank_account', account_number: account, routing_number: '110000000' }
  const body = new URLSearchParams({ email, name: 'A Reader', ...fields })
  return wayBack(await fetch(page, { method: 'POST', body, redirect: 'manual' }))
}

/** Orders a plan by bank debit. */
async function order(email: string, account: string, plan: string) {
  const reader = newsstand.visitor()
  await choose(reader, plan)
  const back = await debit(await goToPayment(reader, email), email, account)
  const sessionId = new URLSearchParams(back.split('?')[1]).get('session_id') ?? ''
  return { reader, back, sessionId }
}

async function ordersOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).orderBy('turn').execute()
}

async function stateOf(email: string): Promise<string | undefined> {
  return (await ordersOf(email)).at(-1)?.state
}

async function subjectsTo(email: string): Promise<string[]> {
  return (await mailTo(newsstand, email)).map(({ subject }) => subject)
}

async function fullyRead(reader: Visitor): Promise<boolean> {
  return (await reader.get(quds)).text.includes('data-access="full"')
}

/** An event about a session, as a handler gets it. */
function told(sessionId: string, type: string) {
  return { id: `evt_${type}`, type, createdAt: newsstand.clock(), objectId: sessionId, refersTo: {} }
}

async function assertNothingSetAside(): Promise<void> {
  const stuck = await db
    .selectFrom('events')
    .select(['id', 'type', 'note'])
    .where('state', 'in', ['failed', 'received'])
    .execute()
  assert.deepEqual(stuck, [])
}

/** What waits to end at Stripe, or failed at it, with its error. */
async function jobsToEnd(): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT task_identifier, attempts, last_error FROM graphile_worker.jobs
    WHERE task_identifier = 'end-unpaid'`.execute(db)
  return rows
}

describe('a payment that a bank makes days later', () => {
  it('waits, is shown as waiting to reader and staff, and opens when it has come', async () => {
    const email = 'later@example.com'
    const { reader, back } = await order(email, accounts.pays, 'summer-pass')
    const waiting = await reader.get(back).expect(200)
    assert.match(waiting.text, /Your bank is being asked/)
    assert.doesNotMatch(waiting.text, /data-reload-seconds/)
    const [placed] = await ordersOf(email)
    assert.equal(placed?.state, 'pending')
    const dora = newsstand.visitor()
    await signIn(newsstand, dora, 'owner@newsstand.test')
    assert.match((await dora.get(`/admin/orders/${placed?.number}`)).text, /The bank is being asked/)
    assert.match((await dora.get(`/admin/orders?q=${email}`)).text, /The bank is being asked/)
    const again = await reader
      .post('/checkout')
      .type('form')
      .send({ email, consent_renewal: 'on' })
      .expect(303)
    assert.match(again.headers.location ?? '', /^\/checkout\/return\?session_id=/)
    assert.equal((await ordersOf(email)).length, 1)
    await advance(3)
    assert.equal(await stateOf(email), 'pending')
    await advance(1)
    await eventually(async () => assert.equal(await stateOf(email), 'paid'))
    await eventually(async () =>
      assert.deepEqual(await subjectsTo(email), [`Your receipt for order ${placed?.number}`]),
    )
    await reader.get(back).expect(303).expect('Location', `/orders/${placed?.number}`)
    assert.equal(await fullyRead(reader), true)
    assert.match((await reader.get(`/orders/${placed?.number}`)).text, /Bank account ending in 6789/)
    await assertNothingSetAside()
  })

  it('begins a subscription only then, and its events before that are no trouble', async () => {
    const email = 'agreement@example.com'
    const { reader, back } = await order(email, accounts.pays, 'all-access-monthly')
    await reader.get(back).expect(200)
    await advance(2)
    assert.deepEqual(await db.selectFrom('readers').selectAll().where('email', '=', email).execute(), [])
    await advance(2)
    await eventually(async () => assert.equal(await stateOf(email), 'paid'))
    await reader.get(back).expect(303)
    assert.equal(await fullyRead(reader), true)
    const payments = await db
      .selectFrom('payments')
      .innerJoin('orders', 'orders.id', 'payments.order_id')
      .select(['payments.kind', 'payments.amount', 'payments.stripe_payment_intent_id as intent'])
      .where('orders.email', '=', email)
      .execute()
    assert.deepEqual(
      payments.map(({ kind, amount, intent }) => [kind, amount, intent?.slice(0, 3)]),
      [['first', 1300, 'pi_']],
    )
    await eventually(assertNothingSetAside)
  })

  it('is renewed by the bank, and reading goes on for as long as the bank is asked', async () => {
    const email = 'agreement@example.com'
    const { paid_until } = await db
      .selectFrom('subscriptions')
      .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
      .select('paid_until')
      .where('readers.email', '=', email)
      .executeTakeFirstOrThrow()
    const reader = newsstand.visitor()
    await signIn(newsstand, reader, email)
    const daysLeft = (paid_until.getTime() - newsstand.clock().getTime()) / 86_400_000
    await advance(daysLeft + 3.5)
    await eventually(async () => assert.equal(await fullyRead(reader), true, 'past the grace of a card'))
    await advance(1)
    await eventually(async () => {
      const now = await db
        .selectFrom('subscriptions')
        .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
        .select(['paid_until', 'bank_asked'])
        .where('readers.email', '=', email)
        .executeTakeFirstOrThrow()
      assert.ok(now.paid_until > paid_until)
      assert.equal(now.bank_asked, false)
    })
  })
})

describe('a payment that a bank refuses days later', () => {
  it('fails the order, tells the reader once, and the same cart can be paid at once', async () => {
    const email = 'refused@example.com'
    const { reader, back, sessionId } = await order(email, accounts.noFunds, 'summer-pass')
    await reader.get(back).expect(200)
    await advance(4)
    await eventually(async () => assert.equal(await stateOf(email), 'failed'))
    for (const type of ['async_payment_failed', 'completed', 'async_payment_failed'])
      await (type === 'completed' ? onCheckoutSession : onPaymentFailed)(deps, told(sessionId, type))
    const [failed] = await ordersOf(email)
    await eventually(async () =>
      assert.deepEqual(await subjectsTo(email), [`Your bank did not pay for order ${failed?.number}`]),
    )
    await reader.get(back).expect(303).expect('Location', '/cart?left=bank')
    assert.match((await reader.get('/cart?left=bank')).text, /Your bank did not pay, so nothing was charged/)
    const page = await goToPayment(reader, email)
    const paid = await reader.get(wayBack(await pay(page, email))).expect(303)
    assert.match(paid.headers.location ?? '', /^\/orders\/NS-/)
    assert.deepEqual(
      (await ordersOf(email)).map(({ state }) => state),
      ['failed', 'paid'],
    )
    assert.equal(await fullyRead(reader), true)
  })

  it('ends its subscription at Stripe, so that buying anew is paid once', async () => {
    const email = 'anew@example.com'
    const { reader, back } = await order(email, accounts.noFunds, 'all-access-monthly')
    await reader.get(back).expect(200)
    await advance(4)
    await eventually(async () => assert.equal(await stateOf(email), 'failed'))
    const page = await goToPayment(reader, email)
    await reader.get(wayBack(await pay(page, email))).expect(303)
    await eventually(async () => {
      const customers = await stripe.customers.list({ email })
      const lists = await Promise.all(
        customers.data.map(({ id }) => stripe.subscriptions.list({ customer: id, status: 'all' })),
      )
      const states = lists.flatMap(({ data }) => data.map(({ status }) => status))
      assert.deepEqual(states.toSorted(), ['active', 'canceled'])
    })
    await advance(20)
    const charges = await stripe.charges.list({ limit: 100 })
    const taken = charges.data.filter(
      ({ billing_details, status }) => billing_details.email === email && status === 'succeeded',
    )
    assert.equal(taken.length, 1)
    assert.deepEqual(
      (await ordersOf(email)).map(({ state }) => state),
      ['failed', 'paid'],
    )
    await eventually(assertNothingSetAside)
  })

  it('ends its subscription when the bank has answered, where it was being asked again before anybody heard', async () => {
    const email = 'asked-again@example.com'
    await order(email, accounts.noFunds, 'all-access-monthly')
    await eventually(async () => assert.ok((await ordersOf(email))[0]?.bank_asked_at))
    const { data: customers } = await stripe.customers.list({ email })
    const subscriptionNow = async () => {
      const { data } = await stripe.subscriptions.list({ customer: customers[0]?.id ?? '', status: 'all' })
      return data[0]?.status
    }
    const isAsked = async () => {
      const { data } = await stripe.paymentIntents.list({ customer: customers[0]?.id ?? '' })
      return data.some(({ status }) => status === 'processing')
    }
    await faults({ drop: '1' })
    await advance(4)
    for (let day = 0; day < 10 && !(await isAsked()); day++) await advance(1)
    assert.equal(await isAsked(), true)
    for (const id of await takeMissedEvents(deps)) await applyEvent(deps, id)
    await faults({ reset: 'on' })
    assert.equal(await stateOf(email), 'failed')
    await eventually(async () => assert.deepEqual(await jobsToEnd(), []))
    assert.equal(await subscriptionNow(), 'past_due')
    await advance(4)
    await eventually(async () => assert.equal(await subscriptionNow(), 'canceled'))
    assert.equal(await isAsked(), false)
    assert.equal((await subjectsTo(email)).length, 1)
    await eventually(assertNothingSetAside)
  })

  it('is heard of though no webhook came and the reader never returned', async () => {
    const email = 'gone@example.com'
    await order(email, accounts.noFunds, 'summer-pass')
    await eventually(async () => assert.ok((await ordersOf(email))[0]?.bank_asked_at))
    await faults({ drop: '1' })
    await advance(5)
    assert.equal(await stateOf(email), 'pending')
    for (const id of await takeMissedEvents(deps)) await applyEvent(deps, id)
    await faults({ reset: 'on' })
    assert.equal(await stateOf(email), 'failed')
    await eventually(async () => assert.equal((await subjectsTo(email)).length, 1))
  })
})

describe('news of a bank that comes in another order', () => {
  it('never makes what is paid unpaid', async () => {
    const email = 'order@example.com'
    const { sessionId } = await order(email, accounts.pays, 'summer-pass')
    await advance(4)
    await eventually(async () => assert.equal(await stateOf(email), 'paid'))
    await onPaymentFailed(deps, told(sessionId, 'async_payment_failed'))
    await onCheckoutSession(deps, told(sessionId, 'completed'))
    assert.equal(await stateOf(email), 'paid')
    await eventually(async () => assert.equal((await subjectsTo(email)).length, 1))
  })

  it('makes what was said to have failed paid, when the money comes after all', async () => {
    const email = 'after-all@example.com'
    const { sessionId } = await order(email, accounts.silent, 'summer-pass')
    await onPaymentFailed(deps, told(sessionId, 'async_payment_failed'))
    assert.equal(await stateOf(email), 'failed')
    await onCheckoutSession(deps, told(sessionId, 'completed'))
    assert.equal(await stateOf(email), 'failed')
    const { payment_intent } = await stripe.checkout.sessions.retrieve(sessionId, {
      expand: ['payment_intent'],
    })
    const charge = typeof payment_intent === 'object' ? payment_intent?.latest_charge : null
    const answer = await fetch(`${newsstand.sandboxUrl}/charges/${charge}/answer`, {
      method: 'POST',
      body: new URLSearchParams({ pays: 'yes' }),
      redirect: 'manual',
    })
    assert.equal(answer.status, 303)
    await eventually(async () => assert.equal(await stateOf(email), 'paid'))
  })
})
