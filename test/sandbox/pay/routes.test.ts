import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, cards, openSandbox, pay, post, successUrl, typed } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

const open = (params: object = {}) =>
  stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: plans.once.id, quantity: 2 }],
    success_url: successUrl,
    cancel_url: 'http://shop.test/cart',
    ...params,
  })

describe('the payment page', () => {
  it('shows what is bought, what it costs, and the way back', async () => {
    const session = await open()
    const answer = await fetch(session.url ?? '')
    const page = await answer.text()
    assert.equal(answer.status, 200)
    assert.match(page, /All-Access/)
    assert.match(page, /2 × \$130\.00/)
    assert.match(page, /Total due today[\s\S]*\$260\.00/)
    assert.match(page, /href="http:\/\/shop\.test\/cart"/)
    assert.match(page, /no real card is charged/)
    assert.match(page, /4242 4242 4242 4242/)
    for (const field of ['email', 'card_number', 'exp', 'cvc', 'name']) {
      assert.match(
        page,
        new RegExp(`<label for="${field}">[^<]+</label>\\s*<input id="${field}" name="${field}"`),
      )
    }
  })

  it('runs and loads nothing that is not its own', async () => {
    const session = await open()
    const answer = await fetch(session.url ?? '')
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'self'/)
    assert.doesNotMatch(await answer.text(), /<script|<style|\sstyle=|\son\w+=/)
    const style = await fetch(`${sandbox.url}/sandbox.css`)
    assert.match(style.headers.get('content-type') ?? '', /text\/css/)
  })

  it('says of each field what is wrong, keeps the rest, and forgets the card', async () => {
    const session = await open()
    const wrong = { email: 'nobody', card_number: '4242424242424241', exp: '13/34', cvc: '12', name: '' }
    const answer = await post(session.url ?? '', wrong)
    const page = await answer.text()
    assert.equal(answer.status, 422)
    for (const field of ['email', 'card_number', 'exp', 'cvc', 'name']) {
      assert.match(
        page,
        new RegExp(`id="${field}"[^>]*aria-invalid="true" aria-describedby="${field}-problem"`),
      )
      assert.match(page, new RegExp(`<p class="problem" id="${field}-problem">[^<]+`))
    }
    assert.match(page, /value="nobody"/)
    assert.match(page, /name="card_number" value=""/)
    assert.doesNotMatch(page, /4242424242424241/)
  })

  it('refuses what cannot be a test card', async () => {
    const session = await open()
    const refusals: [Record<string, string>, RegExp][] = [
      [{ card_number: '4111111111111111' }, /not one of the test cards/],
      [{ card_number: '' }, /Enter a card number/],
      [{ exp: '01/20' }, /has expired/],
      [{ exp: '12/99' }, /too far in the future/],
      [{ card_number: '378282246310005', cvc: '123' }, /4 digits/],
      [{ email: '' }, /Enter your e-mail address/],
    ]
    for (const [fields, message] of refusals) {
      const answer = await post(session.url ?? '', typed(fields))
      assert.equal(answer.status, 422, JSON.stringify(fields))
      assert.match(await answer.text(), message)
    }
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'open')
  })

  it('fills a test card in at the press of a button, without JavaScript', async () => {
    const session = await open()
    const answer = await post(session.url ?? '', { email: 'alice@example.com', fill: cards.noFunds })
    const page = await answer.text()
    assert.equal(answer.status, 200)
    assert.match(page, /name="card_number" value="4000000000009995"/)
    assert.match(page, /value="alice@example\.com"/)
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'open')
  })

  it('escapes what people typed', async () => {
    const session = await open()
    const page = await (await post(session.url ?? '', typed({ email: '"><script>alert(1)</script>' }))).text()
    assert.doesNotMatch(page, /<script>alert/)
    assert.match(page, /&#34;&gt;&lt;script&gt;/)
  })

  it('asks for the terms where the session does', async () => {
    const session = await open({ consent_collection: { terms_of_service: 'required', promotions: 'auto' } })
    assert.match(await (await post(session.url ?? '', typed())).text(), /Accept the terms/)
    await pay(session, { terms: 'on' })
    const paid = await stripe.checkout.sessions.retrieve(session.id)
    assert.deepEqual(paid.consent, { promotions: 'opt_out', terms_of_service: 'accepted' })
  })

  it('takes a promotion code off the price, and puts it back', async () => {
    const coupon = await stripe.coupons.create({
      amount_off: 5000,
      currency: 'usd',
      duration: 'once',
      name: 'Launch',
    })
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'LAUNCH' })
    const session = await open({ allow_promotion_codes: true })
    const url = `${session.url}/promotion`
    const unknown = await post(url, { promotion_code: 'NOPE' })
    assert.equal(unknown.status, 422)
    assert.match(await unknown.text(), /no promotion code “NOPE”/)
    assert.equal((await post(url, { promotion_code: 'launch' })).status, 303)
    const page = await (await fetch(session.url ?? '')).text()
    assert.match(page, /Launch[\s\S]*−\$50\.00[\s\S]*\$210\.00/)
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).amount_total, 21_000)
    await post(url, { promotion_code: '' })
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).amount_total, 26_000)
    const closed = await open()
    assert.equal((await post(`${closed.url}/promotion`, { promotion_code: 'LAUNCH' })).status, 422)
  })

  it('says that an order is paid, and sends a second form to where the first led', async () => {
    const session = await open()
    await pay(session)
    const page = await fetch(session.url ?? '')
    assert.equal(page.status, 200)
    assert.match(await page.text(), /has been paid[\s\S]*shop\.test\/return/)
    assert.equal((await post(session.url ?? '', typed({ card_number: cards.declined }))).status, 303)
  })

  it('knows no page of a stranger', async () => {
    assert.equal((await fetch(`${sandbox.url}/pay/cs_test_nobody`)).status, 404)
    assert.equal((await post(`${sandbox.url}/pay/cs_test_nobody`, typed())).status, 404)
    assert.equal((await fetch(`${sandbox.url}/pay/cs_test_nobody/bank`)).status, 404)
  })

  it('takes no payment after the session was closed or its day has passed', async () => {
    const closed = await open()
    await stripe.checkout.sessions.expire(closed.id)
    const page = await fetch(closed.url ?? '')
    assert.equal(page.status, 410)
    assert.match(await page.text(), /expired[\s\S]*shop\.test\/cart/)
    assert.equal((await post(closed.url ?? '', typed())).status, 410)
    const late = await open()
    await advance(sandbox, { days: 1.001 })
    assert.equal((await post(late.url ?? '', typed())).status, 410)
    const expired = await stripe.checkout.sessions.retrieve(late.id)
    assert.deepEqual([expired.status, expired.url, expired.payment_status], ['expired', null, 'unpaid'])
    const told = (await stripe.events.list({ type: 'checkout.session.expired', limit: 100 })).data
    const ids = told.map((event) => (event.data.object as Stripe.Checkout.Session).id)
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.includes(closed.id) && ids.includes(late.id))
  })
})

describe('who may post to the sandbox', () => {
  it('is not another site, nor a name that was made to lead here', async () => {
    const session = await open()
    const foreign = await fetch(session.url ?? '', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams(typed()),
    })
    assert.equal(foreign.status, 403)
    const { request } = await import('node:http')
    const status = await new Promise((resolve) => {
      const call = request({
        port: sandbox.port,
        host: '127.0.0.1',
        path: '/mail.json',
        headers: { host: 'evil.test' },
      })
      call.on('response', (answer) => resolve(answer.statusCode)).end()
    })
    assert.equal(status, 421)
  })
})
