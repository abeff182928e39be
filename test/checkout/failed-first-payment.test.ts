import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findPlanOnSale } from '../../src/plans/store.ts'
import { syncPrice } from '../../src/plans/sync-price.ts'
import { eventually, mailTo, openNewsstand } from '../support/newsstand.ts'
import { cards, choose, goToPayment, pay, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'

function ordersOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).orderBy('placed_at').execute()
}

async function advance(days: number): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    body: new URLSearchParams({ days: String(days) }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** What a first payment that failed must leave: nothing at Stripe that charges, and no account. */
async function assertNothingBegun(email: string): Promise<void> {
  const { data: customers } = await stripe.customers.list({ email })
  for (const { id } of customers) {
    const { data } = await stripe.subscriptions.list({ customer: id, status: 'all' })
    assert.deepEqual(data, [])
  }
  assert.deepEqual(await db.selectFrom('readers').selectAll().where('email', '=', email).execute(), [])
}

/** Goes through the checkout again with the cart as it is, and pays. No code is asked for on the way. */
async function buyAtLast(visitor: Visitor, email: string): Promise<string> {
  const page = await goToPayment(visitor, email)
  await visitor
    .get(wayBack(await pay(page, email)))
    .expect(303)
    .expect('Location', /^\/orders\/NS-/)
  assert.match((await visitor.get(quds)).text, /data-access="full"/)
  await eventually(async () => {
    const subjects = (await mailTo(newsstand, email)).map(({ subject }) => subject)
    assert.equal(subjects.length, 1)
    assert.match(subjects[0] ?? '', /^Your receipt/)
  })
  return page
}

/** The bank's page, on which the reader is to say who they are. */
async function challenge(page: string, email: string): Promise<string> {
  const answer = await pay(page, email, cards.threeDSecure)
  assert.equal(answer.status, 303)
  return new URL(answer.headers.get('location') ?? '', page).href
}

describe('a first payment that fails', () => {
  it('declined: the same cart is the same order, and is paid at once', async () => {
    const email = 'declined@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, email)
    assert.equal((await pay(page, email, cards.declined)).status, 402)
    await assertNothingBegun(email)
    assert.equal(await buyAtLast(visitor, email), page)
    assert.deepEqual(
      (await ordersOf(email)).map(({ state }) => state),
      ['paid'],
    )
  })

  it('3-D Secure left: the order waits, and is paid from the cart again', async () => {
    const email = 'left@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const bank = await challenge(await goToPayment(visitor, email), email)
    assert.equal((await fetch(bank)).status, 200)
    await assertNothingBegun(email)
    assert.equal((await ordersOf(email))[0]?.state, 'pending')
    await buyAtLast(visitor, email)
    assert.deepEqual(
      (await ordersOf(email)).map(({ state }) => state),
      ['paid'],
    )
  })

  it('3-D Secure refused: likewise', async () => {
    const email = 'refused@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const bank = await challenge(await goToPayment(visitor, email), email)
    const html = await (await fetch(bank)).text()
    const [, name, value] = /<button[^>]*name="(\w+)"[^>]*value="(\w*fail\w*|no)"/i.exec(html) ?? []
    assert.ok(name && value, html)
    const answer = await fetch(bank, {
      method: 'POST',
      body: new URLSearchParams({ [name]: value }),
      redirect: 'manual',
    })
    assert.ok(answer.status < 500)
    await assertNothingBegun(email)
    await buyAtLast(visitor, email)
    assert.equal((await ordersOf(email)).length, 1)
  })

  it('expired: the order says so, and the same cart is a clear second one', async () => {
    const email = 'expired@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const first = await goToPayment(visitor, email)
    await pay(first, email, cards.insufficientFunds)
    await advance(2)
    await eventually(async () => assert.equal((await ordersOf(email))[0]?.state, 'expired'))
    await assertNothingBegun(email)
    assert.notEqual(await buyAtLast(visitor, email), first)
    assert.deepEqual(
      (await ordersOf(email)).map(({ state }) => state),
      ['expired', 'paid'],
    )
  })
})

describe('a subscription that waits for its first payment at Stripe', () => {
  it('opens nothing, troubles nobody when it runs out, and does not stand in the way of the order', async () => {
    const email = 'incomplete@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor, 'all-access-monthly')
    await goToPayment(visitor, email)
    const [order] = await ordersOf(email)
    const plan = await findPlanOnSale(db, 'all-access-monthly', 'USD')
    assert.ok(order && plan)
    const customer = await stripe.customers.create({ email })
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: await syncPrice(deps, plan, plan.price) }],
      payment_behavior: 'default_incomplete',
      metadata: { installation: deps.installation.id, order: order.id },
    })
    assert.equal(subscription.status, 'incomplete')
    await advance(0.5)
    assert.match((await visitor.get(quds)).text, /data-access="preview"/)
    assert.equal((await ordersOf(email))[0]?.state, 'pending')
    await advance(1)
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'incomplete_expired')
    await eventually(async () => {
      const stuck = await db
        .selectFrom('events')
        .select(['type', 'note'])
        .where('state', 'in', ['received', 'failed'])
        .execute()
      assert.deepEqual(stuck, [])
    })
    await buyAtLast(visitor, email)
    assert.equal((await ordersOf(email)).at(-1)?.state, 'paid')
  })
})
