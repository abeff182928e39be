import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, openSandbox, pay, refusal, successUrl } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)
const create = (params: object) =>
  stripe.checkout.sessions.create({
    success_url: successUrl,
    ...params,
  } as Stripe.Checkout.SessionCreateParams)
const once = { mode: 'payment', line_items: [{ price: plans.once.id, quantity: 1 }] }
const yearly = { mode: 'subscription', line_items: [{ price: plans.annual.id, quantity: 1 }] }

describe('a session', () => {
  it('is refused where its parameters contradict each other', async () => {
    const soon = Math.floor(Date.now() / 1000) + 60
    const inactive = await stripe.prices.create({
      product: plans.product.id,
      currency: 'usd',
      unit_amount: 100,
      active: false,
    })
    const archived = await stripe.products.create({ name: 'Archived' })
    const ofArchived = await stripe.prices.create({
      product: archived.id,
      currency: 'usd',
      unit_amount: 100,
    })
    await stripe.products.update(archived.id, { active: false })
    const cases: [object, string | undefined][] = [
      [{ line_items: once.line_items }, 'mode'],
      [{ mode: 'payment' }, 'line_items'],
      [{ ...once, success_url: '/relative' }, 'success_url'],
      [{ ...once, customer: 'cus_1', customer_email: 'a@example.com' }, 'customer'],
      [{ ...once, allow_promotion_codes: true, discounts: [{ coupon: 'x' }] }, 'allow_promotion_codes'],
      [{ ...once, subscription_data: { trial_period_days: 3 } }, 'subscription_data'],
      [{ ...yearly, payment_intent_data: { metadata: { a: '1' } } }, 'payment_intent_data'],
      [{ mode: 'payment', line_items: yearly.line_items }, 'line_items'],
      [{ mode: 'subscription', line_items: once.line_items }, 'line_items'],
      [
        { mode: 'subscription', line_items: [{ price: plans.annual.id }, { price: plans.monthly.id }] },
        'line_items',
      ],
      [{ mode: 'payment', line_items: [{ price: inactive.id }] }, 'line_items[0][price]'],
      [{ mode: 'payment', line_items: [{ price: ofArchived.id }] }, 'line_items[0][price]'],
      [{ mode: 'payment', line_items: [{ price: plans.once.id, quantity: 0 }] }, 'line_items[0][quantity]'],
      [{ ...once, expires_at: soon }, 'expires_at'],
      [{ ...once, expires_at: soon + 2 * 86_400 }, 'expires_at'],
      [{ ...once, discounts: [{ coupon: 'nobody' }] }, 'discounts[0][coupon]'],
      [{ ...once, ui_mode: 'embedded_page' }, 'ui_mode'],
      [{ ...once, payment_method_types: ['card'] }, 'payment_method_types'],
      [{ mode: 'setup', line_items: once.line_items }, 'line_items'],
      [
        {
          mode: 'payment',
          line_items: [{ price_data: { currency: 'usd', unit_amount: 10, product_data: { name: 'x' } } }],
        },
        undefined,
      ],
    ]
    for (const [params, param] of cases) {
      const refused = await refusal(create(params))
      assert.deepEqual([refused.statusCode, refused.param], [400, param], JSON.stringify(params))
    }
    assert.equal((await stripe.checkout.sessions.list()).data.length, 0)
  })

  it('sells what is described on the spot', async () => {
    const session = await create({
      mode: 'payment',
      line_items: [
        { quantity: 3, price_data: { currency: 'jpy', unit_amount: 500, product_data: { name: 'Tip' } } },
      ],
    })
    assert.deepEqual([session.amount_total, session.currency], [1500, 'jpy'])
    assert.match(await (await fetch(session.url ?? '')).text(), /Tip[\s\S]*¥1,500/)
    const { data } = await stripe.checkout.sessions.listLineItems(session.id)
    assert.deepEqual(
      [data[0]?.description, data[0]?.amount_total, data[0]?.price?.active],
      ['Tip', 1500, false],
    )
  })

  it('sells a first single thing together with a subscription', async () => {
    const session = await create({
      mode: 'subscription',
      line_items: [...yearly.line_items, ...once.line_items],
    })
    assert.equal(session.amount_total, 26_000)
    await pay(session)
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice', 'subscription'] })
    assert.equal((paid.invoice as Stripe.Invoice).lines.data.length, 2)
    assert.equal((paid.subscription as Stripe.Subscription).items.data.length, 1)
  })

  it('stores a card without charging it', async () => {
    const customer = await stripe.customers.create({ email: 'alice@example.com' })
    const session = await create({
      mode: 'setup',
      customer: customer.id,
      setup_intent_data: { metadata: { why: 'test' } },
    })
    assert.deepEqual([session.amount_total, session.payment_status], [null, 'no_payment_required'])
    assert.match(await (await fetch(session.url ?? '')).text(), /Nothing is charged now[\s\S]*Save the card/)
    await pay(session)
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] })
    const intent = done.setup_intent as Stripe.SetupIntent
    assert.deepEqual(
      [done.status, intent.status, intent.metadata],
      ['complete', 'succeeded', { why: 'test' }],
    )
    assert.equal((await stripe.customers.listPaymentMethods(customer.id)).data.length, 1)
    assert.equal((await stripe.charges.list({ customer: customer.id })).data.length, 0)
  })

  it('that expired can be recovered where that was asked for', async () => {
    const session = await create({
      ...yearly,
      after_expiration: { recovery: { enabled: true, allow_promotion_codes: true } },
    })
    await advance(sandbox, { days: 1.01 })
    const expired = await stripe.checkout.sessions.retrieve(session.id)
    const url = expired.after_expiration?.recovery?.url ?? ''
    const answer = await fetch(url, { redirect: 'manual' })
    assert.equal(answer.status, 303)
    const [copy] = (await stripe.checkout.sessions.list({ limit: 1, status: 'open' })).data
    assert.deepEqual(
      [copy?.recovered_from, copy?.amount_total, copy?.allow_promotion_codes],
      [session.id, 13_000, true],
    )
    assert.equal(answer.headers.get('location'), copy?.url)
    assert.equal((await fetch(`${sandbox.url}/recover/nonsense`)).status, 404)
  })

  it('is closed by the API once, and only while it is open', async () => {
    const session = await create(once)
    const closed = await stripe.checkout.sessions.expire(session.id)
    assert.deepEqual([closed.status, closed.url], ['expired', null])
    assert.match((await refusal(stripe.checkout.sessions.expire(session.id))).message, /status of `expired`/)
    assert.equal((await refusal(stripe.checkout.sessions.expire('cs_test_nobody'))).statusCode, 404)
  })
})

describe('coupons and promotion codes', () => {
  it('make sense, or are refused', async () => {
    const cases: [Stripe.CouponCreateParams, string][] = [
      [{}, 'percent_off'],
      [{ percent_off: 10, amount_off: 5, currency: 'usd' }, 'percent_off'],
      [{ percent_off: 101 }, 'percent_off'],
      [{ amount_off: 500 }, 'currency'],
      [{ percent_off: 5, duration: 'repeating' }, 'duration_in_months'],
    ]
    for (const [params, param] of cases)
      assert.equal((await refusal(stripe.coupons.create(params))).param, param)
    await stripe.coupons.create({ id: 'OWN', percent_off: 5 })
    assert.equal(
      (await refusal(stripe.coupons.create({ id: 'OWN', percent_off: 5 }))).code,
      'resource_already_exists',
    )
  })

  it('are used up, each as often as it may be', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' })
    const promotion = { type: 'coupon', coupon: coupon.id } as const
    const code = await stripe.promotionCodes.create({ promotion, code: 'ONCE', max_redemptions: 1 })
    assert.equal((await refusal(stripe.promotionCodes.create({ promotion, code: 'once' }))).param, 'code')
    const discounts = [{ promotion_code: code.id }]
    const session = await create({ ...yearly, discounts })
    assert.deepEqual([session.amount_total, session.total_details?.amount_discount], [9750, 3250])
    await pay(session)
    const used = await stripe.promotionCodes.retrieve(code.id)
    assert.deepEqual([used.times_redeemed, used.active], [1, false])
    assert.equal((await refusal(create({ ...yearly, discounts }))).param, 'discounts[0][promotion_code]')
    assert.equal((await refusal(stripe.promotionCodes.update(code.id, { active: true }))).statusCode, 400)
    assert.deepEqual(
      (await stripe.promotionCodes.list({ code: 'ONCE' })).data.map((one) => one.id),
      [code.id],
    )
  })

  it('hold for their products, amounts and days alone', async () => {
    const other = await stripe.products.create({ name: 'Other' })
    const foreign = await stripe.coupons.create({ percent_off: 50, applies_to: { products: [other.id] } })
    assert.equal((await refusal(create({ ...once, discounts: [{ coupon: foreign.id }] }))).statusCode, 400)
    const euro = await stripe.coupons.create({ amount_off: 500, currency: 'eur' })
    assert.equal((await refusal(create({ ...once, discounts: [{ coupon: euro.id }] }))).statusCode, 400)
    const coupon = await stripe.coupons.create({ percent_off: 50 })
    const code = await stripe.promotionCodes.create({
      promotion: { type: 'coupon', coupon: coupon.id },
      restrictions: { minimum_amount: 20_000, minimum_amount_currency: 'usd' },
    })
    assert.match(
      (await refusal(create({ ...once, discounts: [{ promotion_code: code.id }] }))).message,
      /larger order/,
    )
    await stripe.coupons.del(coupon.id)
    assert.equal((await stripe.promotionCodes.retrieve(code.id)).active, false)
  })
})
