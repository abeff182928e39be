import assert from 'node:assert/strict'
import { advanceDays } from '../simulate/sandbox.ts'
import { browserOf, goToPayment, signIn } from '../simulate/shop.ts'
import { type Chapter, eventually } from './journey.ts'
import type { Stand } from './stand.ts'

/** What somebody archived or deleted at Stripe, and the paper sells all the same. */
export const archived: Chapter = {
  name: 'a price, its product and a coupon that are archived, gone or deleted, and sold again',
  tell: async ({ stand, sell, becomes }) => {
    const { stripe } = stand
    const plan = 'digital-monthly'
    const sold = await soldAs(stand, plan)
    await stripe.prices.update(sold.price, { active: false })
    await stripe.products.update(sold.product, { active: false })
    await becomes(await sell('after-archive', { plan }), 'paid')
    assert.equal((await stripe.prices.retrieve(sold.price)).active, true)
    assert.equal((await stripe.products.retrieve(sold.product)).active, true)

    const gone = { stripe_price_id: 'price_deletedByHand00' }
    await stand.db.updateTable('prices').set(gone).where('stripe_price_id', '=', sold.price).execute()
    await becomes(await sell('after-price', { plan }), 'paid')
    const anew = await stripe.prices.retrieve((await soldAs(stand, plan)).price)
    assert.notEqual(anew.id, sold.price)
    assert.ok(anew.lookup_key, 'it took the lookup key over')
    assert.equal((await stripe.prices.retrieve(sold.price)).lookup_key, null)

    const promoted = { plan, promotionCode: 'WELCOME20' }
    await becomes(await sell('before-coupon', promoted), 'paid')
    await stripe.coupons.del(await couponOf(stand, 'WELCOME20'))
    await becomes(await sell('after-coupon', promoted), 'paid')
  },
}

async function soldAs({ db }: Stand, slug: string): Promise<{ price: string; product: string }> {
  const row = await db
    .selectFrom('prices')
    .innerJoin('plans', 'plans.id', 'plan_id')
    .select(['stripe_price_id', 'stripe_product_id'])
    .where('slug', '=', slug)
    .where('currency', '=', 'USD')
    .executeTakeFirstOrThrow()
  return { price: row.stripe_price_id ?? '', product: row.stripe_product_id ?? '' }
}

async function couponOf({ db }: Stand, code: string): Promise<string> {
  const row = await db
    .selectFrom('promotion_codes')
    .select('stripe_coupon_id')
    .where('code', '=', code)
    .executeTakeFirstOrThrow()
  return row.stripe_coupon_id ?? ''
}

/** A reader who is known, whose customer is deleted between the cart and the card. */
export const orphan: Chapter = {
  name: 'a customer that is deleted while a payment page is open',
  tell: async ({ stand, sell, shop, becomes }) => {
    const email = 'orphaned@example.com'
    await sell('orphaned', { plan: 'month-pass' })
    await advanceDays(stand, 32)
    const browser = browserOf(shop, 3)
    await browser.post('/cart/lines', { plan: 'digital-monthly', quantity: '1' })
    const purchase = { plan: 'digital-monthly', promotionCode: null, means: [], abandons: false }
    const open = () => goToPayment(shop, browser, email, { ...purchase, returns: true, doubles: false })
    const page = String(await open())
    await stand.stripe.customers.del(await customerOf(stand, email))
    const next = String(await open())
    assert.match(next, /\/pay\/cs_/)
    assert.notEqual(next, page)
    const dead = await stand.stripe.checkout.sessions.retrieve(sessionIn(page))
    assert.equal(dead.status, 'expired')
    await becomes(sessionIn(next), 'pending')
  },
}

const sessionIn = (page: string) => /\/pay\/(cs_\w+)/.exec(page)?.[1] ?? ''

async function customerOf({ db }: Stand, email: string): Promise<string> {
  const row = await db
    .selectFrom('stripe_customers')
    .innerJoin('readers', 'readers.id', 'reader_id')
    .select('stripe_customer_id')
    .where('email', '=', email)
    .where('currency', '=', 'USD')
    .executeTakeFirstOrThrow()
  return row.stripe_customer_id
}

/** Paid twice, the second time in part by the reader's credit. */
export const credited: Chapter = {
  name: 'a duplicate that credit paid a part of, given back to card and credit',
  tell: async ({ stand, sell, openPage, happens, becomes }) => {
    const email = 'credited@example.com'
    await happens('cancel now', await sell('credited', { plan: 'digital-monthly' }))
    const customer = await customerOf(stand, email)
    await stand.stripe.customers.createBalanceTransaction(customer, { amount: -1000, currency: 'usd' })
    const slow = await openPage('credited', 'all-access-annual')
    await slow.pay({
      pay_with: 'us_bank_account',
      account_number: '000123456789',
      routing_number: '110000000',
    })
    const quick = await openPage('credited', 'digital-monthly')
    await quick.pay({})
    await becomes(quick.sessionId, 'paid')
    await advanceDays(stand, 5)
    await becomes(slow.sessionId, 'refunded')
    await eventually(async () => {
      const { data } = await stand.stripe.customers.listBalanceTransactions(customer)
      assert.ok(
        data.some(({ amount, metadata }) => amount === -1000 && metadata?.order),
        'credit has its part',
      )
    })
  },
}

/** Staff are asked about what renews though all of it went back. */
export const goesOn: Chapter = {
  name: 'everything was paid back, and it renews: one is ended, one goes on',
  tell: async ({ stand, shop, sell, happens, becomes }) => {
    const owner = browserOf(shop, 4)
    assert.ok(await signIn(shop, owner, 'owner@newsstand.test', '/admin'))
    for (const [who, action, status] of [
      ['back-ends', 'lines/1/closure', 'canceled'],
      ['back-goes-on', 'renewal-answers', 'active'],
    ] as const) {
      const session = await sell(who, { plan: 'all-access-monthly' })
      await happens('refund in full', session)
      await becomes(session, 'refunded')
      const { number, refund, subscription } = await eventually(() => questionAbout(stand, session))
      const answer = await owner.post(`/admin/orders/${number}/${action}`, { refund })
      assert.equal(answer.location, `/admin/orders/${number}`)
      await eventually(async () => await assert.rejects(questionAbout(stand, session)))
      assert.equal((await stand.stripe.subscriptions.retrieve(subscription)).status, status)
    }
  },
}

/** Throws where there is none. */
async function questionAbout({ db }: Stand, sessionId: string) {
  const row = await db
    .selectFrom('drift')
    .innerJoin('orders', 'orders.id', 'drift.order_id')
    .innerJoin('checkout_sessions', 'checkout_sessions.order_id', 'orders.id')
    .select(['orders.number', 'drift.subject as refund', 'orders.stripe_subscription_id'])
    .where('checkout_sessions.id', '=', sessionId)
    .where('drift.kind', '=', 'refunded_goes_on')
    .where('drift.closed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return { number: row.number, refund: row.refund, subscription: row.stripe_subscription_id ?? '' }
}
