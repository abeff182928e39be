import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeFor, eventually, mailTo, openNewsstand } from '../support/newsstand.ts'
import {
  cards,
  choose,
  goToPayment,
  pay,
  signIn,
  subscribe,
  type Visitor,
  wayBack,
} from '../support/personas.ts'
import { openTwoPages } from '../support/two-pages.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

function post(visitor: Visitor, fields: Record<string, string>) {
  return visitor.post('/checkout').type('form').send(fields)
}

function orderMarks(text: string) {
  const marks = [
    ...text.matchAll(
      /data-order-number="([^"]+)"\s+data-order-state="([^"]+)"\s+data-order-total="([^"]+)"/g,
    ),
  ]
  assert.equal(marks.length, 1, 'one element bears the order')
  const [, number, state, total] = marks[0] ?? []
  return { number, state, total }
}

async function ordersOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).orderBy('placed_at').execute()
}

describe('buying with a new address', () => {
  it('goes from the cart over the payment page to the receipt, and opens the article', async () => {
    const alice = newsstand.visitor()
    await choose(alice)
    const form = await alice.get('/checkout').expect(200)
    assert.match(form.text, /name="consent_renewal"/)
    assert.doesNotMatch(form.text, /<input[^>]*\schecked/)
    const page = await goToPayment(alice, 'Alice@Example.com')
    const back = await alice.get(wayBack(await pay(page, 'alice@example.com'))).expect(303)
    const order = await alice.get(back.headers.location ?? '').expect(200)
    assert.deepEqual(
      { ...orderMarks(order.text), number: 'x' },
      { number: 'x', state: 'paid', total: '130.00' },
    )
    assert.match(order.headers['cache-control'] ?? '', /no-store/)
    const article = await alice.get('/articles/quds-force-chief-visits-baghdad').expect(200)
    assert.match(article.text, /data-access="full"/)
  })

  it('mails one receipt, and empties the cart', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'receipt@example.com')
    const mails = await eventually(async () => {
      const found = await mailTo(newsstand, 'receipt@example.com')
      assert.equal(found.length, 1)
      return found
    })
    assert.ok(mails[0]?.text.includes(number))
    assert.ok(mails[0]?.text.includes('$130.00'))
    assert.match((await reader.get('/cart')).text, /data-cart-subtotal[^>]*>\$0\.00</)
  })

  it('gives a session that may read and may correct the address, nothing else', async () => {
    const reader = newsstand.visitor()
    const number = await subscribe(reader, 'mistyped@example.con')
    await reader.get(`/orders/${number}`).expect(200)
    await choose(reader, 'digital-monthly')
    await post(reader, { consent_renewal: 'on' })
      .expect(303)
      .expect('Location', /^\/sign-in/)
    const corrected = await reader
      .post('/account/email')
      .type('form')
      .send({ email: 'corrected@example.com' })
    assert.equal(corrected.status, 303)
    assert.equal((await ordersOf('corrected@example.com')).length, 1)
    await signIn(newsstand, newsstand.visitor(), 'corrected@example.com')
    await reader.get(`/orders/${number}`).expect(303)
  })

  it('keeps what the reader agreed to, word for word', async () => {
    const number = await subscribe(newsstand.visitor(), 'consent@example.com')
    const consent = await db
      .selectFrom('order_consents')
      .innerJoin('orders', 'orders.id', 'order_id')
      .select('text')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    assert.match(consent.text, /renews by itself for \$130\.00 a year/)
  })

  it('takes a promotion code off, at Stripe as in the cart', async () => {
    const reader = newsstand.visitor()
    await choose(reader)
    await reader.post('/cart/promotion').type('form').send({ code: 'WELCOME20' }).expect(303)
    const page = await goToPayment(reader, 'saver@example.com')
    const back = await reader.get(wayBack(await pay(page, 'saver@example.com'))).expect(303)
    const { text } = await reader.get(back.headers.location ?? '')
    assert.equal(orderMarks(text).total, '104.00')
    const code = await db.selectFrom('promotion_codes').select('redemptions').executeTakeFirstOrThrow()
    assert.equal(code.redemptions, 1)
  })
})

describe('a form that cannot be used', () => {
  it('comes back with what is wrong and what was typed', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const answer = await post(visitor, { email: 'not-an-address', consent_renewal: 'on' })
    assert.equal(answer.status, 422)
    assert.match(answer.text, /Enter your e-mail address/)
    assert.match(answer.text, /value="not-an-address"/)
    const missing = await post(visitor, { email: 'carol@example.com' })
    assert.equal(missing.status, 422)
    assert.match(missing.text, /Please agree/)
    assert.equal((await ordersOf('carol@example.com')).length, 0)
  })

  it('of an empty cart leads to the cart', async () => {
    await post(newsstand.visitor(), { email: 'carol@example.com', consent_renewal: 'on' })
      .expect(303)
      .expect('Location', '/cart')
    await newsstand.visitor().get('/checkout').expect(303).expect('Location', '/cart')
  })

  it('from another site is refused', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await post(visitor, { email: 'x@example.com', consent_renewal: 'on' })
      .set('Sec-Fetch-Site', 'cross-site')
      .expect(403)
  })
})

describe('a payment that does not come to be', () => {
  it('declined: returns to the payment page, and can be tried again there', async () => {
    for (const card of [cards.declined, cards.insufficientFunds]) {
      const email = `declined-${card}@example.com`
      const visitor = newsstand.visitor()
      await choose(visitor)
      const page = await goToPayment(visitor, email)
      const refused = await pay(page, email, card)
      assert.equal(refused.status, 402)
      assert.match(await refused.text(), /card_number/)
      assert.equal((await ordersOf(email))[0]?.state, 'pending')
      await visitor
        .get(wayBack(await pay(page, email)))
        .expect(303)
        .expect('Location', /^\/orders\//)
    }
  })

  it('3-D Secure: completes or fails as the reader says', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, 'secure@example.com')
    const challenge = await pay(page, 'secure@example.com', cards.threeDSecure)
    const text =
      challenge.status === 200
        ? await challenge.text()
        : await (await fetch(new URL(challenge.headers.get('location') ?? '', page))).text()
    assert.match(text, /complete/i)
    assert.match(text, /fail/i)
    assert.equal((await ordersOf('secure@example.com'))[0]?.state, 'pending')
  })

  it('left: the cart is as it was, and going on meets the same order and page', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, 'leaver@example.com')
    const { text } = await visitor.get('/cart?left=payment').expect(200)
    assert.match(text, /Nothing was charged/)
    assert.match(text, /data-cart-subtotal[^>]*>\$130\.00</)
    assert.equal(await goToPayment(visitor, 'leaver@example.com'), page)
    assert.equal((await ordersOf('leaver@example.com')).length, 1)
  })

  it('another cart: the earlier payment page is closed', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const first = await goToPayment(visitor, 'changer@example.com')
    await visitor.post('/cart/lines/all-access-annual').type('form').send({ quantity: '0' }).expect(303)
    await choose(visitor, 'digital-monthly')
    const second = await goToPayment(visitor, 'changer@example.com')
    assert.notEqual(first, second)
    assert.notEqual((await pay(first, 'changer@example.com')).status, 303)
    await visitor
      .get(wayBack(await pay(second, 'changer@example.com')))
      .expect(303)
      .expect('Location', /^\/orders\//)
    assert.deepEqual((await ordersOf('changer@example.com')).map((order) => order.state).toSorted(), [
      'expired',
      'paid',
    ])
  })

  it('leaves no account that would ask for a code', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await pay(await goToPayment(visitor, 'again@example.com'), 'again@example.com', cards.declined)
    await goToPayment(visitor, 'again@example.com')
  })
})

describe('an address that has an account', () => {
  it('proves itself with a mailed code, and comes back to the checkout', async () => {
    await subscribe(newsstand.visitor(), 'known@example.com', 'digital-monthly')
    const visitor = newsstand.visitor()
    await choose(visitor)
    const asked = await post(visitor, { email: 'known@example.com', consent_renewal: 'on' }).expect(303)
    assert.match(asked.headers.location ?? '', /^\/sign-in\?/)
    await visitor.get(asked.headers.location ?? '').expect(200)
    const code = await codeFor(newsstand, 'known@example.com')
    await visitor
      .post('/sign-in/code')
      .type('form')
      .send({ email: 'known@example.com', code })
      .expect(303)
      .expect('Location', '/checkout')
  })

  it('cannot buy what it has, and is told so', async () => {
    await subscribe(newsstand.visitor(), 'twice@example.com')
    const visitor = newsstand.visitor()
    await signIn(newsstand, visitor, 'twice@example.com')
    await choose(visitor, 'digital-monthly')
    const answer = await post(visitor, { consent_renewal: 'on' })
    assert.equal(answer.status, 409)
    assert.match(answer.text, /You subscribe already/)
    assert.equal((await ordersOf('twice@example.com')).length, 1)
  })

  it('is the signed-in one, whatever the form says', async () => {
    const visitor = newsstand.visitor()
    await signIn(newsstand, visitor, 'carol@example.com')
    await choose(visitor)
    const answer = await post(visitor, { email: 'somebody@example.com', consent_renewal: 'on' }).expect(303)
    await visitor.get(wayBack(await pay(answer.headers.location ?? '', 'x@example.com'))).expect(303)
    assert.equal((await ordersOf('somebody@example.com')).length, 0)
    assert.equal((await ordersOf('carol@example.com'))[0]?.state, 'paid')
  })
})

describe('the return address', () => {
  it('can be opened again, and settles once', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const way = wayBack(await pay(await goToPayment(visitor, 'replay@example.com'), 'replay@example.com'))
    const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.get(way)))
    for (const answer of answers) assert.match(answer.headers.location ?? '', /^\/(orders|sign-in)/)
    await visitor
      .get(way)
      .expect(303)
      .expect('Location', /^\/orders\//)
    const [order] = await ordersOf('replay@example.com')
    const payments = await db
      .selectFrom('payments')
      .selectAll()
      .where('order_id', '=', order?.id ?? '')
      .execute()
    assert.equal(payments.length, 1)
    const entitlements = await db
      .selectFrom('entitlements')
      .selectAll()
      .where('order_id', '=', order?.id ?? '')
      .execute()
    assert.equal(entitlements.length, 1)
  })

  it('of somebody else shows nothing and signs nobody in', async () => {
    const buyer = newsstand.visitor()
    await choose(buyer)
    const way = wayBack(await pay(await goToPayment(buyer, 'victim@example.com'), 'victim@example.com'))
    const thief = newsstand.visitor()
    const answer = await thief.get(way).expect(303)
    assert.match(answer.headers.location ?? '', /^\/sign-in/)
    assert.doesNotMatch(String(answer.headers['set-cookie'] ?? ''), /newsstand_session/)
    await thief.get('/account').expect(303)
    await buyer
      .get(way)
      .expect(303)
      .expect('Location', /^\/orders\//)
  })

  it('signs the paying browser in once only', async () => {
    const buyer = newsstand.visitor()
    await choose(buyer)
    const way = wayBack(await pay(await goToPayment(buyer, 'once@example.com'), 'once@example.com'))
    await buyer.get(way).expect(303)
    await buyer.post('/sign-out').expect(303)
    const again = await buyer.get(way).expect(303)
    assert.doesNotMatch(String(again.headers['set-cookie'] ?? ''), /newsstand_session/)
  })

  it('without a session, or with none of ours, is not there', async () => {
    for (const query of [
      '',
      '?session_id=',
      '?session_id=cs_test_unknown',
      '?session_id=%27',
      '?session_id=a&session_id=b',
      `?session_id=${'x'.repeat(500)}`,
    ]) {
      await newsstand.visitor().get(`/checkout/return${query}`).expect(404)
    }
  })
})

describe('selling once', () => {
  it('takes fifty posts of one cart for one order and one page', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await goToPayment(visitor, 'fifty@example.com')
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(visitor, { email: 'fifty@example.com', consent_renewal: 'on' })),
    )
    assert.equal(new Set(answers.map((answer) => answer.headers.location)).size, 1)
    assert.equal((await ordersOf('fifty@example.com')).length, 1)
  })

  it('ends two pages paid at one moment with one subscription, the other paid back', async () => {
    const both = await openTwoPages(newsstand, 'both@example.com', [
      'all-access-annual',
      'all-access-monthly',
    ])
    const answers = await Promise.all(both.map(({ page }) => pay(page, 'both@example.com')))
    await Promise.all(both.map(({ visitor }, index) => visitor.get(wayBack(answers[index] as Response))))
    await eventually(async () => {
      const orders = await ordersOf('both@example.com')
      assert.deepEqual(orders.map((order) => order.state).toSorted(), ['paid', 'refunded'])
      const subscriptions = await db
        .selectFrom('subscriptions')
        .selectAll()
        .where('reader_id', '=', orders[0]?.reader_id ?? '')
        .execute()
      assert.deepEqual(subscriptions.map(({ duplicate, state }) => `${duplicate} ${state}`).toSorted(), [
        'false active',
        'true canceled',
      ])
      const entitlements = await db
        .selectFrom('entitlements')
        .selectAll()
        .where('reader_id', '=', orders[0]?.reader_id ?? '')
        .execute()
      assert.equal(entitlements.length, 1)
    })
  })
})

describe('a session that is not what was ordered', () => {
  it('opens nothing and waits for staff', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, 'wrong@example.com')
    const [order] = await ordersOf('wrong@example.com')
    await db
      .updateTable('order_lines')
      .set({ stripe_price_id: 'price_other' })
      .where('order_id', '=', order?.id ?? '')
      .execute()
    const { text } = await visitor.get(wayBack(await pay(page, 'wrong@example.com'))).expect(200)
    assert.match(text, /a person at the paper/i)
    assert.equal((await ordersOf('wrong@example.com'))[0]?.state, 'pending')
    const drift = await db
      .selectFrom('drift')
      .selectAll()
      .where('order_id', '=', order?.id ?? '')
      .execute()
    assert.equal(drift.length, 1)
    assert.match(drift[0]?.we_say ?? '', /price_other/)
    assert.equal(
      (
        await db
          .selectFrom('entitlements')
          .selectAll()
          .where('order_id', '=', order?.id ?? '')
          .execute()
      ).length,
      0,
    )
  })
})

describe('a held order that staff refund in Stripe', () => {
  it('does not keep its refund’s events failing', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, 'held-refund@example.com')
    const [order] = await ordersOf('held-refund@example.com')
    const other = { stripe_price_id: 'price_other' }
    await db
      .updateTable('order_lines')
      .set(other)
      .where('order_id', '=', order?.id ?? '')
      .execute()
    await visitor.get(wayBack(await pay(page, 'held-refund@example.com'))).expect(200)
    const { data } = await newsstand.stripe.checkout.sessions.list({ limit: 1 })
    const invoice = await newsstand.stripe.invoices.retrieve(String(data[0]?.invoice), {
      expand: ['payments'],
    })
    const paid = invoice.payments?.data[0]?.payment.payment_intent
    await newsstand.stripe.refunds.create({ payment_intent: String(paid) })
    await eventually(async () => {
      const event = await db
        .selectFrom('events')
        .selectAll()
        .where('type', '=', 'charge.refunded')
        .orderBy('received_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      assert.equal(event?.note, 'Its order waits for staff')
    })
  })
})
