import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { openSession } from '../../src/checkout/open-session.ts'
import { findOrder } from '../../src/orders/store.ts'
import { compareAll, listOpen, settled } from '../reconcile/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, signIn, subscribe, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
await addPass(newsstand)

/** What a plan is sold as at Stripe. */
async function soldAs(slug: string): Promise<{ price: string; product: string }> {
  const row = await db
    .selectFrom('prices')
    .innerJoin('plans', 'plans.id', 'plan_id')
    .select(['stripe_price_id', 'stripe_product_id'])
    .where('slug', '=', slug)
    .where('currency', '=', 'USD')
    .executeTakeFirstOrThrow()
  return { price: row.stripe_price_id ?? '', product: row.stripe_product_id ?? '' }
}

const orderOf = (email: string) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('email', '=', email)
    .orderBy('turn', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

async function finish(reader: Visitor, page: string, email: string): Promise<void> {
  await reader.get(wayBack(await pay(page, email))).expect(303)
  assert.equal((await orderOf(email)).state, 'paid')
}

async function nothingDiffers(): Promise<void> {
  await settled(newsstand)
  await compareAll(newsstand)
  assert.deepEqual(await listOpen(newsstand), [])
}

describe('a price of ours that somebody archives at Stripe', () => {
  for (const [what, archive] of [
    ['the price', ({ price }) => stripe.prices.update(price, { active: false })],
    ['its product', ({ product }) => stripe.products.update(product, { active: false })],
    [
      'both',
      async ({ price, product }) => {
        await stripe.prices.update(price, { active: false })
        await stripe.products.update(product, { active: false })
      },
    ],
  ] as [string, (sold: { price: string; product: string }) => Promise<unknown>][])
    it(`is sold again under its own id: ${what}`, async () => {
      const email = `${what.replaceAll(' ', '-')}@example.com`
      const early = newsstand.visitor()
      await choose(early)
      const openBefore = await goToPayment(early, `early-${email}`)
      const sold = await soldAs('all-access-annual')
      await archive(sold)
      const readers = await Promise.all(
        [1, 2, 3].map(async (number) => {
          const reader = newsstand.visitor()
          await choose(reader)
          return { reader, email: `${number}-${email}` }
        }),
      )
      const pages = await Promise.all(readers.map((one) => goToPayment(one.reader, one.email)))
      for (const [index, one] of readers.entries()) await finish(one.reader, pages[index] ?? '', one.email)
      await finish(early, openBefore, `early-${email}`)
      assert.deepEqual(await soldAs('all-access-annual'), sold)
      const price = await stripe.prices.retrieve(sold.price, { expand: ['product'] })
      assert.ok(price.active && typeof price.product !== 'string' && !price.product.deleted)
      assert.ok(price.product.active)
      const { data } = await stripe.prices.list({ product: sold.product })
      assert.equal(data.filter(({ recurring }) => recurring?.interval === 'year').length, 1)
      await nothingDiffers()
    })

  it('renews what is paid with it meanwhile, archived as it is', async () => {
    const email = 'renews@example.com'
    await subscribe(newsstand.visitor(), email, 'all-access-monthly')
    const sold = await soldAs('all-access-monthly')
    await stripe.prices.update(sold.price, { active: false })
    await stripe.products.update(sold.product, { active: false })
    const { id, stripe_subscription_id: subscription } = await orderOf(email)
    await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
      method: 'POST',
      body: new URLSearchParams({ days: '32' }),
    })
    await eventually(async () => {
      const payments = await db.selectFrom('payments').select('kind').where('order_id', '=', id).execute()
      assert.deepEqual(payments.map(({ kind }) => kind).toSorted(), ['first', 'renewal'])
    })
    assert.equal((await stripe.subscriptions.retrieve(subscription ?? '')).status, 'active')
    await nothingDiffers()
  })

  it('takes up a page that is open with it when its reader comes again', async () => {
    const email = 'again@example.com'
    const reader = newsstand.visitor()
    await choose(reader)
    const page = await goToPayment(reader, email)
    const { price } = await soldAs('all-access-annual')
    await stripe.prices.update(price, { active: false })
    assert.equal(await goToPayment(reader, email), page)
    assert.equal((await stripe.prices.retrieve(price)).active, true)
    await finish(reader, page, email)
  })

  it('is sold though Stripe keeps its refusal under the key', async () => {
    const reader = newsstand.visitor()
    await choose(reader, 'summer-pass')
    await goToPayment(reader, 'kept@example.com')
    const placed = await orderOf('kept@example.com')
    const order = await findOrder(db, placed.id)
    assert.ok(order)
    const { id } = await db
      .selectFrom('checkout_sessions')
      .select('id')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    await db.deleteFrom('checkout_sessions').where('id', '=', id).execute()
    const keys: string[] = []
    const sessions = Object.create(stripe.checkout.sessions)
    sessions.create = (params: Stripe.Checkout.SessionCreateParams, options: Stripe.RequestOptions) => {
      const key = options.idempotencyKey ?? ''
      keys.push(key)
      if (!key.endsWith(':1')) return stripe.checkout.sessions.create(params, options)
      throw new Stripe.errors.StripeInvalidRequestError({
        type: 'invalid_request_error',
        message: 'The price specified is inactive.',
        headers: keys.length > 1 ? { 'idempotent-replayed': 'true' } : {},
      })
    }
    const checkout = Object.create(stripe.checkout, { sessions: { value: sessions } })
    const keeping = Object.create(stripe, { checkout: { value: checkout } })
    const opened = await openSession({ ...deps, stripe: keeping }, order)
    assert.equal(opened.state, 'open')
    assert.notEqual(opened.id, id)
    assert.deepEqual(
      keys.map((key) => key.slice(-2)),
      [':1', ':1', ':2'],
    )
  })
})

describe('a price or product that was deleted at Stripe', () => {
  it('is made anew, once, by however many ask', async () => {
    const gone = 'price_deleted_by_hand'
    const { id: planId } = await db
      .selectFrom('plans')
      .select('id')
      .where('slug', '=', 'digital-monthly')
      .executeTakeFirstOrThrow()
    const known = `newsstand_${planId}`
    await stripe.products.create({ id: known, name: 'Soon gone' })
    await stripe.products.del(known)
    await db.updateTable('plans').set({ stripe_product_id: known }).where('id', '=', planId).execute()
    await db.updateTable('prices').set({ stripe_price_id: gone }).where('plan_id', '=', planId).execute()
    const readers = [1, 2, 3].map((number) => ({
      reader: newsstand.visitor(),
      email: `anew-${number}@example.com`,
    }))
    for (const { reader } of readers) await choose(reader, 'digital-monthly')
    const pages = await Promise.all(readers.map((one) => goToPayment(one.reader, one.email)))
    const sold = await soldAs('digital-monthly')
    assert.equal(sold.product, `${known}_2`)
    const { data } = await stripe.prices.list({ product: sold.product })
    assert.deepEqual(
      data.map(({ id }) => id),
      [sold.price],
    )
    for (const [index, one] of readers.entries()) await finish(one.reader, pages[index] ?? '', one.email)
    await nothingDiffers()
  })
})

describe('a customer that is deleted while its payment page is open', () => {
  it('loses nothing: the page takes no money, and the same cart leads to a page of another customer', async () => {
    const email = 'orphan@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email, 'digital-monthly')
    await signIn(newsstand, reader, email)
    await choose(reader, 'summer-pass')
    const page = await goToPayment(reader, email)
    const { id, number } = await orderOf(email)
    const { stripe_customer_id: customer } = await db
      .selectFrom('stripe_customers')
      .innerJoin('readers', 'readers.id', 'reader_id')
      .select('stripe_customer_id')
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    await stripe.customers.del(customer)
    const refused = await pay(page, email)
    assert.equal(refused.status, 410)
    assert.match(await refused.text(), /customer of this payment page was deleted\. Nothing was charged/)
    assert.equal((await orderOf(email)).state, 'pending')
    const pages = await Promise.all([1, 2, 3].map(() => goToPayment(reader, email)))
    assert.equal(new Set(pages).size, 1)
    assert.notEqual(pages[0], page)
    assert.equal((await orderOf(email)).number, number, 'the order is the same')
    const dead = await stripe.checkout.sessions.retrieve(page.split('/').at(-1) ?? '')
    assert.equal(dead.status, 'expired')
    await settled(newsstand)
    assert.equal((await orderOf(email)).state, 'pending')
    await finish(reader, pages[0] ?? '', email)
    const payments = await db.selectFrom('payments').select('amount').where('order_id', '=', id).execute()
    assert.deepEqual(payments, [{ amount: 2000 }])
    await nothingDiffers()
  })

  it('who was replaced by a process that died then, does so all the same', async () => {
    const email = 'orphan-2@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email, 'digital-monthly')
    await signIn(newsstand, reader, email)
    await choose(reader, 'summer-pass')
    const page = await goToPayment(reader, email)
    const { stripe_customer_id: customer, reader_id: readerId } = await db
      .selectFrom('stripe_customers')
      .innerJoin('readers', 'readers.id', 'reader_id')
      .select(['stripe_customer_id', 'reader_id'])
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    await stripe.customers.del(customer)
    const { id } = await stripe.customers.create({ email })
    await db
      .updateTable('stripe_customers')
      .set({ stripe_customer_id: id })
      .where('reader_id', '=', readerId)
      .execute()
    const next = await goToPayment(reader, email)
    assert.notEqual(next, page)
    await finish(reader, next, email)
  })
})

describe('a coupon of ours', () => {
  const couponOf = async (code: string) => {
    const found = db.selectFrom('promotion_codes').select(['id', 'stripe_coupon_id']).where('code', '=', code)
    const { id, stripe_coupon_id: coupon } = await found.executeTakeFirstOrThrow()
    return { id, coupon: coupon ?? '' }
  }
  const choosing = async (code: string, plan?: string) => {
    const reader = newsstand.visitor()
    await choose(reader, plan)
    await reader.post('/cart/promotion').type('form').send({ code }).expect(303)
    return reader
  }

  it('with other terms under the same id is not given: the cart says what is paid', async () => {
    const first = await choosing('WELCOME20')
    await finish(first, await goToPayment(first, 'terms-1@example.com'), 'terms-1@example.com')
    const { coupon } = await couponOf('WELCOME20')
    await stripe.coupons.del(coupon)
    await stripe.coupons.create({ id: coupon, percent_off: 90, duration: 'forever' })
    const second = await choosing('WELCOME20')
    await finish(second, await goToPayment(second, 'terms-2@example.com'), 'terms-2@example.com')
    assert.equal((await orderOf('terms-2@example.com')).total, 10_400)
    assert.notEqual((await couponOf('WELCOME20')).coupon, coupon)
  })

  it('that is deleted while a page is open with it is made anew, and so is the page', async () => {
    const email = 'coupon-gone@example.com'
    const reader = await choosing('WELCOME20')
    const page = await goToPayment(reader, email)
    await stripe.coupons.del((await couponOf('WELCOME20')).coupon)
    const next = await goToPayment(reader, email)
    assert.notEqual(next, page)
    await finish(reader, next, email)
    assert.equal((await orderOf(email)).total, 10_400)
  })

  it('stays what it is for our readers when a promotion code on it is archived, or its name changes', async () => {
    const { coupon } = await couponOf('WELCOME20')
    const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon } })
    await stripe.promotionCodes.update(code.id, { active: false })
    await stripe.coupons.update(coupon, { name: 'Another name' })
    const reader = await choosing('WELCOME20')
    await finish(reader, await goToPayment(reader, 'code@example.com'), 'code@example.com')
    assert.equal((await couponOf('WELCOME20')).coupon, coupon)
    await nothingDiffers()
  })
})
