import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, type Visitor } from '../support/personas.ts'

const newsstand = await openNewsstand()

/** Every subtotal on a page: the small cart's and, on the cart page, the cart's own. */
function subtotals(text: string): string[] {
  return [...text.matchAll(/data-cart-subtotal[^>]*>([^<]*)</g)].map(([, amount = '']) => amount)
}

function post(visitor: Visitor, path: string, fields: Record<string, string>) {
  return visitor.post(path).type('form').send(fields)
}

describe('a cart', () => {
  it('holds a plan with its subtotal, on every page', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const cart = await visitor.get('/cart')
    assert.deepEqual(subtotals(cart.text), ['$130.00', '$130.00'])
    assert.match(cart.text, /Quantity 1, <span class="amount">\$130\.00<\/span> a year/)
    assert.match(cart.text, /Tax, where it applies, is settled at the payment/)
    for (const path of [
      '/',
      '/subscribe',
      '/tags/world',
      '/search?q=x',
      '/articles/letter-from-skerrow',
      '/nothing',
    ]) {
      assert.deepEqual(subtotals((await visitor.get(path)).text), ['$130.00'], path)
    }
  })

  it('is nobody else’s, and its pages are kept by no cache', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    assert.match((await visitor.get('/')).headers['cache-control'] ?? '', /private/)
    assert.deepEqual(subtotals((await newsstand.visitor().get('/cart')).text).at(0), '$0.00')
  })

  it('holds one line however often it is posted, with the quantity of the last', async () => {
    const visitor = newsstand.visitor()
    for (const quantity of ['2', '3', '3'])
      await post(visitor, '/cart/lines', { plan: 'gift-year', quantity }).expect(303)
    assert.equal(subtotals((await visitor.get('/cart')).text)[0], '$390.00')
    await post(visitor, '/cart/lines/gift-year', { quantity: '1' }).expect(303)
    assert.equal(subtotals((await visitor.get('/cart')).text)[0], '$130.00')
    await post(visitor, '/cart/lines/gift-year', { quantity: '0' }).expect(303)
    assert.equal(subtotals((await visitor.get('/cart')).text)[0], '$0.00')
    await post(visitor, '/cart/lines/gift-year', { quantity: '0' }).expect(404)
  })

  it('takes one when the form names no quantity', async () => {
    const visitor = newsstand.visitor()
    await post(visitor, '/cart/lines', { plan: 'digital-monthly' }).expect(303)
    assert.equal(subtotals((await visitor.get('/cart')).text)[0], '$8.00')
  })

  it('is shown in a form that works without JavaScript', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor, 'gift-year')
    const { text } = await visitor.get('/cart')
    assert.match(text, /action="\/cart\/lines\/gift-year"/)
    assert.match(text, /name="quantity"/)
  })
})

describe('what a cart refuses, with a message and the cart as it was', () => {
  for (const quantity of ['0', '-1', '1.5', '1e9', '1000000000', 'two', ' ', '100', '٣', '0x1']) {
    it(`quantity ${JSON.stringify(quantity)}`, async () => {
      const visitor = newsstand.visitor()
      await choose(visitor, 'gift-year')
      const answer = await post(visitor, '/cart/lines', { plan: 'gift-year', quantity })
      assert.equal(answer.status, 422)
      assert.match(answer.text, /whole number/)
      assert.equal(subtotals(answer.text)[0], '$130.00')
    })
  }

  it('a plan that is not sold', async () => {
    for (const plan of ['nothing', '', "' OR 1=1", '../admin']) {
      const answer = await post(newsstand.visitor(), '/cart/lines', { plan, quantity: '1' })
      assert.equal(answer.status, 422, plan)
      assert.match(answer.text, /no such plan/)
    }
  })

  it('two of a reader’s own plan', async () => {
    const answer = await post(newsstand.visitor(), '/cart/lines', {
      plan: 'all-access-annual',
      quantity: '2',
    })
    assert.equal(answer.status, 422)
    assert.match(answer.text, /quantity is 1/)
  })

  it('a second subscription', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    const answer = await post(visitor, '/cart/lines', { plan: 'digital-monthly', quantity: '1' })
    assert.equal(answer.status, 409)
    assert.match(answer.text, /one order can begin one subscription/)
    assert.equal(subtotals(answer.text)[0], '$130.00')
  })

  it('two at the same moment', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor, 'gift-year')
    const answers = await Promise.all([
      post(visitor, '/cart/lines', { plan: 'all-access-annual', quantity: '1' }),
      post(visitor, '/cart/lines', { plan: 'digital-monthly', quantity: '1' }),
      post(visitor, '/cart/lines', { plan: 'all-access-monthly', quantity: '1' }),
    ])
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [303, 409, 409])
  })

  it('a form from another site', async () => {
    const form = { plan: 'all-access-annual', quantity: '1' }
    await post(newsstand.visitor(), '/cart/lines', form).set('Sec-Fetch-Site', 'cross-site').expect(403)
    await post(newsstand.visitor(), '/cart/lines', form).set('Sec-Fetch-Site', 'same-site').expect(403)
    await post(newsstand.visitor(), '/cart/lines', form)
      .set('Origin', 'https://elsewhere.example')
      .expect(403)
    await post(newsstand.visitor(), '/cart/lines', form).set('Origin', 'null').expect(403)
    await post(newsstand.visitor(), '/cart/lines', form).set('Sec-Fetch-Site', 'same-origin').expect(303)
    await post(newsstand.visitor(), '/cart/lines', form)
      .set('Origin', newsstand.url)
      .set('Host', new URL(newsstand.url).host)
      .expect(303)
  })

  it('a form that is too large or none', async () => {
    await newsstand.visitor().post('/cart/lines').type('form').send('plan=gift%00year').expect(422)
    await newsstand
      .visitor()
      .post('/cart/lines')
      .type('form')
      .send(`plan=${'x'.repeat(30_000)}`)
      .expect(413)
    await newsstand
      .visitor()
      .post('/cart/lines')
      .type('json')
      .send('{"plan":"all-access-annual"}')
      .expect(422)
  })
})

describe('a price that changed since', () => {
  it('is said, and can be taken', async () => {
    const { db } = newsstand
    const visitor = newsstand.visitor()
    await choose(visitor, 'all-access-monthly')
    const plan = await db
      .selectFrom('plans')
      .select('id')
      .where('slug', '=', 'all-access-monthly')
      .executeTakeFirstOrThrow()
    await db.updateTable('prices').set({ active: false }).where('plan_id', '=', plan.id).execute()
    const price = {
      plan_id: plan.id,
      currency: 'USD',
      unit_amount: 1500,
      interval: 'month' as const,
      active: true,
    }
    await db
      .insertInto('prices')
      .values({ ...price, id: crypto.randomUUID(), created_at: newsstand.clock(), stripe_price_id: null })
      .execute()
    const { text } = await visitor.get('/cart').expect(200)
    assert.match(text, /from \$13\.00 to \$15\.00/)
    assert.equal(subtotals(text)[0], '$13.00')
    await visitor.get('/checkout').expect(303).expect('Location', '/cart')
    await choose(visitor, 'all-access-monthly')
    assert.equal(subtotals((await visitor.get('/cart')).text)[0], '$15.00')
  })
})

describe('promotion codes', () => {
  it('lower the total, not the subtotal, and can be taken away', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor)
    await post(visitor, '/cart/promotion', { code: 'welcome20' }).expect(303)
    const { text } = await visitor.get('/cart')
    assert.equal(subtotals(text)[0], '$130.00')
    assert.match(text, /\$26\.00/)
    assert.match(text, /\$104\.00/)
    await post(visitor, '/cart/promotion', { code: '' }).expect(303)
    assert.doesNotMatch((await visitor.get('/cart')).text, /\$104\.00/)
  })

  it('that are unknown, or entered for an empty cart, are refused', async () => {
    const visitor = newsstand.visitor()
    await post(visitor, '/cart/promotion', { code: 'WELCOME20' }).expect(422)
    await choose(visitor)
    const answer = await post(visitor, '/cart/promotion', { code: 'NOPE' })
    assert.equal(answer.status, 422)
    assert.match(answer.text, /not known/)
    assert.equal(subtotals(answer.text)[0], '$130.00')
  })
})

describe('a gift', () => {
  it('is shown and cannot be checked out yet', async () => {
    const visitor = newsstand.visitor()
    assert.match((await visitor.get('/subscribe')).text, /A year as a gift/)
    await choose(visitor, 'gift-year')
    assert.match((await visitor.get('/cart')).text, /Gifts cannot be paid for yet/)
    await visitor.get('/checkout').expect(303).expect('Location', '/cart')
    await post(visitor, '/checkout', { email: 'giver@example.com', consent_renewal: 'on' })
      .expect(303)
      .expect('Location', '/cart')
    const orders = await newsstand.db
      .selectFrom('orders')
      .select('id')
      .where('email', '=', 'giver@example.com')
      .execute()
    assert.equal(orders.length, 0)
  })
})
