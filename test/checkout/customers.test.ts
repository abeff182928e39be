import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { correctCustomers } from '../../src/checkout/correct-customers.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

async function setFaults(fields: Record<string, string>): Promise<void> {
  const body = new URLSearchParams(fields)
  assert.ok((await fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body })).ok)
}

async function customerOf(email: string): Promise<string> {
  const row = await db
    .selectFrom('stripe_customers')
    .innerJoin('readers', 'readers.id', 'reader_id')
    .select('stripe_customer_id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  return row.stripe_customer_id
}

const paidOrders = (email: string) =>
  db.selectFrom('orders').selectAll().where('email', '=', email).where('state', '=', 'paid').execute()

describe('a customer who was deleted at Stripe', () => {
  it('is made anew for the next checkout, though a subscription ended with it', async () => {
    const email = 'deleted@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email)
    const gone = await customerOf(email)
    await stripe.customers.del(gone)
    await eventually(async () => {
      const rows = await db.selectFrom('subscriptions').select('state').execute()
      assert.deepEqual(rows, [{ state: 'canceled' }])
    })
    await signIn(newsstand, reader, email)
    await choose(reader)
    const page = await goToPayment(reader, email)
    const customer = await customerOf(email)
    assert.notEqual(customer, gone)
    await reader.get(wayBack(await pay(page, email))).expect(303)
    const orders = await paidOrders(email)
    assert.deepEqual(orders.map((order) => order.stripe_customer_id).toSorted(), [customer, gone].toSorted())
    assert.equal(await customerOf(email), customer)
  })

  it('is made anew once, by however many ask, and again when that one is deleted too', async () => {
    const email = 'deleted-again@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email, 'digital-monthly')
    await signIn(newsstand, reader, email)
    const seen = new Set([await customerOf(email)])
    for (const _turn of [1, 2]) {
      await stripe.customers.del(await customerOf(email))
      await eventually(async () => {
        const living = await db
          .selectFrom('subscriptions')
          .innerJoin('readers', 'readers.id', 'reader_id')
          .select('state')
          .where('email', '=', email)
          .where('state', '=', 'active')
          .execute()
        assert.deepEqual(living, [])
      })
      await choose(reader, 'digital-monthly')
      const pages = await Promise.all([1, 2, 3].map(() => goToPayment(reader, email)))
      assert.equal(new Set(pages).size, 1)
      seen.add(await customerOf(email))
      await reader.get(wayBack(await pay(pages[0] ?? '', email))).expect(303)
    }
    assert.equal(seen.size, 3)
    const { data } = await stripe.customers.list({ email })
    assert.equal(data.length, 1)
  })
})

describe('a coupon that was deleted at Stripe', () => {
  it('is made anew, with the terms of its code', async () => {
    const buy = async (email: string) => {
      const reader = newsstand.visitor()
      await choose(reader)
      await reader.post('/cart/promotion').type('form').send({ code: 'WELCOME20' }).expect(303)
      await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
    }
    const couponId = async () => {
      const code = await db
        .selectFrom('promotion_codes')
        .select('stripe_coupon_id')
        .where('code', '=', 'WELCOME20')
        .executeTakeFirstOrThrow()
      return code.stripe_coupon_id ?? ''
    }
    await buy('coupon-1@example.com')
    const first = await couponId()
    await stripe.coupons.del(first)
    await buy('coupon-2@example.com')
    const second = await couponId()
    assert.notEqual(second, first)
    await stripe.coupons.del(second)
    await buy('coupon-3@example.com')
    const totals = await db
      .selectFrom('orders')
      .select('total')
      .where('email', 'like', 'coupon-%')
      .where('state', '=', 'paid')
      .execute()
    assert.deepEqual(totals, [{ total: 10_400 }, { total: 10_400 }, { total: 10_400 }])
  })
})

describe('an address that its reader corrects', () => {
  const correct = (visitor: ReturnType<typeof newsstand.visitor>, email: string) =>
    visitor.post('/account/email').type('form').send({ email })
  const emailAtStripe = async (customer: string) => {
    const found = await stripe.customers.retrieve(customer)
    return found.deleted ? null : found.email
  }

  it('is corrected at Stripe too, after an outage as well', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'mistyped@example.con')
    const customer = await customerOf('mistyped@example.con')
    await setFaults({ api_failure: '1' })
    await correct(reader, 'right@example.com').expect(303)
    assert.equal(await customerOf('right@example.com'), customer)
    await setFaults({ reset: 'on' })
    const { id } = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'right@example.com')
      .executeTakeFirstOrThrow()
    await Promise.all([correctCustomers(deps, id), correctCustomers(deps, id)])
    assert.equal(await emailAtStripe(customer), 'right@example.com')
  })

  it('is corrected by a job of its own, twice if it was wrong twice', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'wrong@example.con')
    const customer = await customerOf('wrong@example.con')
    await correct(reader, 'wrong-again@example.con').expect(303)
    await correct(reader, 'correct@example.com').expect(303)
    await eventually(async () => assert.equal(await emailAtStripe(customer), 'correct@example.com'))
  })

  it('is nothing to correct at Stripe where the customer was deleted or refused', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'nobody@example.con')
    const { id } = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'nobody@example.con')
      .executeTakeFirstOrThrow()
    await stripe.customers.del(await customerOf('nobody@example.con'))
    await correctCustomers(deps, id)
    await correctCustomers(deps, crypto.randomUUID())
    await correct(reader, 'not an address').expect(422)
  })
})
