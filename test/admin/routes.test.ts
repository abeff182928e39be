import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

const number = await subscribe(newsstand.visitor(), 'alice@example.com')
const dora = newsstand.visitor()
const doraLed = await signIn(newsstand, dora, 'owner@newsstand.test')

const pages = [
  '/admin',
  '/admin/orders',
  `/admin/orders/${number}`,
  '/admin/readers',
  '/admin/plans',
  '/admin/articles',
  '/admin/events',
  '/admin/drift',
]
const noPages = [
  '/admin/nothing',
  '/admin/orders/NS-0',
  '/admin/',
  '/admin/orders/../events',
  '/admin/%2e%2e',
  '/Admin/orders',
]

/** As it is written: clients tidy addresses up before they send them. */
async function fetchRaw(path: string): Promise<{ status: number; location: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; location: string }>()
  request(newsstand.url, { path }, (answer) => {
    answer.resume()
    resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '' })
  })
    .on('error', reject)
    .end()
  return promise
}

describe('outsiders at the staff desk', () => {
  it('strangers are sent to sign in, wherever they knock', async () => {
    for (const path of [...pages, ...noPages]) {
      const answer = await newsstand.visitor().get(path)
      assert.equal(answer.status, 303, path)
      assert.match(answer.headers.location ?? '', /^\/sign-in/, path)
    }
    await newsstand
      .visitor()
      .post('/admin/events/evt_1/attempts')
      .expect(303)
      .expect('Location', /^\/sign-in/)
  })

  it('strangers are sent to sign in however they write the address, whatever they send, and nowhere else', async () => {
    const odd = [
      '/admin/%00',
      '/admin%00',
      '/admin%2forders',
      '/admin/orders%2fNS-1',
      '/admin/%zz',
      '//admin',
      '/admin//orders',
      '/%61dmin/orders',
      '/ADMIN',
      '/admin;x=1',
      '/admin?next=//elsewhere',
    ]
    for (const path of odd) {
      const answer = await fetchRaw(path)
      assert.equal(answer.status, 303, path)
      assert.match(answer.location, /^\/sign-in\?next=%2Fadmin/, path)
    }
    await newsstand.visitor().post('/admin').type('form').send('field=%00').expect(303)
    await newsstand
      .visitor()
      .post('/admin')
      .type('form')
      .send(`field=${'x'.repeat(30_000)}`)
      .expect(303)
    for (const path of ['/administration', '/articles/admin', '/%00']) {
      assert.equal((await fetchRaw(path)).status, 404, path)
    }
  })

  it('readers find nothing, the same everywhere', async () => {
    const carol = newsstand.visitor()
    await signIn(newsstand, carol, 'carol@example.com')
    const bodies = new Set<string>()
    for (const path of [...pages, ...noPages.filter((one) => one.startsWith('/admin/n'))]) {
      const answer = await carol.get(path)
      assert.equal(answer.status, 404, path)
      bodies.add(answer.text.replaceAll(path, ''))
    }
    assert.equal(bodies.size, 1)
    await carol.post('/admin/events/evt_1/attempts').expect(404)
    for (const path of ['/admin/%00', '/admin%2forders', '/%61dmin']) await carol.get(path).expect(404)
  })

  it('staff find nothing at an odd address', async () => {
    for (const path of ['/admin/%00', '/admin%2forders', '/%61dmin']) await dora.get(path).expect(404)
  })

  it('who only paid as the owner’s address is no staff', async () => {
    await db
      .insertInto('staff')
      .values({ reader_id: await readerOf('alice@example.com'), role: 'support', since: newsstand.clock() })
      .execute()
    const visitor = newsstand.visitor()
    await choose(visitor)
    await visitor
      .post('/checkout')
      .type('form')
      .send({ email: 'owner@newsstand.test', consent_renewal: 'on' })
      .expect(303)
      .expect('Location', /^\/sign-in/)
    await visitor.get('/admin').expect(303)
    await db
      .deleteFrom('staff')
      .where('reader_id', '=', await readerOf('alice@example.com'))
      .execute()
  })
})

async function readerOf(email: string): Promise<string> {
  return (await db.selectFrom('readers').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id
}

describe('staff', () => {
  it('are led to their desk by signing in', () => {
    assert.equal(doraLed, '/admin')
  })

  it('see every page, kept by no cache', async () => {
    for (const path of pages) {
      const answer = await dora.get(path)
      assert.equal(answer.status, 200, path)
      assert.match(answer.headers['cache-control'] ?? '', /no-store/, path)
    }
    await dora.get('/admin/nothing').expect(404)
    await dora.get('/admin/orders/NS-0').expect(404)
  })

  it('see an order with its lines, money, history and Stripe ids', async () => {
    const { text } = await dora.get(`/admin/orders/${number}`)
    assert.match(
      text,
      new RegExp(`data-order-number="${number}"\\s+data-order-state="paid"\\s+data-order-total="130\\.00"`),
    )
    const order = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    for (const part of [
      'All-Access, yearly',
      'alice@example.com',
      'Ordered',
      'Paid $130.00',
      'Visa ending in 4242',
      order.stripe_subscription_id ?? '?',
      order.stripe_payment_intent_id ?? '?',
      'cs_test_',
    ]) {
      assert.ok(text.includes(part), part)
    }
  })

  it('find orders by number, address, state and date', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor, 'digital-monthly')
    await goToPayment(visitor, 'pending@example.com')
    const found = async (query: string) => {
      const { text } = await dora.get(`/admin/orders?${query}`).expect(200)
      return [...new Set(text.match(/\/admin\/orders\/NS-\d+/g))].length
    }
    assert.equal(await found(''), 2)
    assert.equal(await found(`q=${number.toLowerCase()}`), 1)
    assert.equal(await found('q=ALICE@example'), 1)
    assert.equal(await found('q=%25'), 0)
    assert.equal(await found('q=a_ice'), 0)
    assert.equal(await found('state=pending'), 1)
    assert.equal(await found('state=nonsense'), 2)
    const today = newsstand.clock().toISOString().slice(0, 10)
    assert.equal(await found(`from=${today}&to=${today}`), 2)
    assert.equal(await found('to=2020-01-01'), 0)
    assert.equal(await found('from=31.12.2026&after=nonsense'), 2)
  })

  it('turn pages by place, with every order once', async () => {
    const { turn: _, ...order } = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    const rows = Array.from({ length: 120 }, (_, index) => ({
      ...order,
      id: crypto.randomUUID(),
      number: `NS-${50_000 + index}`,
      email: `many${index}@example.com`,
      // Several at one moment, so that the id must break the tie.
      placed_at: new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(index / 7))),
      stripe_subscription_id: null,
      stripe_payment_intent_id: null,
    }))
    await db.insertInto('orders').values(rows).execute()
    const seen: string[] = []
    let path: string | undefined = '/admin/orders?q=many'
    for (let page = 0; path && page < 10; page++) {
      const { text }: { text: string } = await dora.get(path).expect(200)
      seen.push(...new Set(text.match(/NS-5\d{4}/g)))
      path = /href="(\/admin\/orders\?[^"]*after=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    assert.equal(seen.length, 120)
    assert.equal(new Set(seen).size, 120)
  })

  it('see the inbox, and have an event applied again', async () => {
    const { text } = await dora.get('/admin/events?type=checkout.session').expect(200)
    assert.match(text, /checkout\.session\.completed/)
    const event = await db
      .selectFrom('events')
      .selectAll()
      .where('type', '=', 'checkout.session.completed')
      .executeTakeFirstOrThrow()
    await dora.post(`/admin/events/${event.id}/attempts`).expect(303)
    await dora.post('/admin/events/evt_nothing/attempts').expect(404)
  })
})
