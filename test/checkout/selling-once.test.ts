import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startCheckout } from '../../src/checkout/start-checkout.ts'
import { setFaults } from '../support/faults.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, subscribe, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

const post = (visitor: Visitor, email: string) =>
  visitor.post('/checkout').type('form').send({ email, consent_renewal: 'on' })

const ordersOf = (email: string) =>
  db.selectFrom('orders').selectAll().where('email', '=', email).orderBy('turn').execute()

/** At Stripe, whatever we know of them. */
async function openSessionsOf(email: string): Promise<string[]> {
  const numbers = new Set((await ordersOf(email)).map((order) => order.id))
  const { data } = await stripe.checkout.sessions.list({ limit: 100, status: 'open' })
  return data.filter((session) => numbers.has(session.metadata?.order ?? '')).map((session) => session.id)
}

/** A browser that has a cart and nothing else: no mark, no form fetched. */
async function withCartAlone(plan: string): Promise<string> {
  const answer = await newsstand.visitor().post('/cart/lines').type('form').send({ plan }).expect(303)
  return /cart=[0-9a-f-]{36}/.exec(String(answer.headers['set-cookie']))?.[0] ?? ''
}

describe('one cart', () => {
  it('posted fifty times at once, before any page was seen, is one order with one payment page', async () => {
    const email = 'cold-fifty@example.com'
    const cookie = await withCartAlone('all-access-annual')
    const body = new URLSearchParams({ email, consent_renewal: 'on' })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        fetch(`${newsstand.url}/checkout`, {
          method: 'POST',
          headers: { cookie },
          body,
          redirect: 'manual',
        }),
      ),
    )
    assert.deepEqual(
      answers.map((answer) => answer.status),
      answers.map(() => 303),
    )
    const pages = new Set(answers.map((answer) => answer.headers.get('location')))
    assert.equal(pages.size, 1)
    assert.equal((await ordersOf(email)).length, 1)
    assert.equal((await openSessionsOf(email)).length, 1)
    // Whichever answer the browser took its mark from, it is the buyer's.
    const mark = answers[17]?.headers.getSetCookie().find((one) => one.startsWith('checkout='))
    const way = wayBack(await pay([...pages][0] ?? '', email))
    const back = await fetch(newsstand.url + way, {
      headers: { cookie: `${cookie}; ${mark?.split(';')[0]}` },
      redirect: 'manual',
    })
    assert.match(back.headers.get('location') ?? '', /^\/orders\/NS-/)
  })

  it('paid and posted again by the back button, before we have heard of it, is not sold again', async () => {
    const email = 'back@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, email)
    await setFaults(newsstand, { drop: '1' })
    const way = wayBack(await pay(page, email))
    const [first, second] = await Promise.all([post(visitor, email), post(visitor, email)])
    assert.equal(first.headers.location, way)
    assert.equal(second.headers.location, way)
    await setFaults(newsstand, { reset: 'on' })
    await visitor.get(way).expect(303)
    assert.deepEqual(
      (await ordersOf(email)).map((order) => order.state),
      ['paid'],
    )
  })

  it('changed after it was paid, before we have heard of it: the address has an account, and must be proved', async () => {
    const email = 'changed@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    const page = await goToPayment(visitor, email)
    await setFaults(newsstand, { drop: '1' })
    await pay(page, email)
    await visitor.post('/cart/lines/all-access-annual').type('form').send({ quantity: '0' }).expect(303)
    await choose(visitor, 'digital-monthly')
    const answer = await post(visitor, email).expect(303)
    await setFaults(newsstand, { reset: 'on' })
    assert.match(answer.headers.location ?? '', /^\/sign-in\?/)
    assert.deepEqual((await ordersOf(email)).map((order) => order.state).toSorted(), ['expired', 'paid'])
    assert.deepEqual(await openSessionsOf(email), [])
  })
})

describe('two browsers of one buyer', () => {
  it('have one payment page, the later one: of a new address', async () => {
    const email = 'two-browsers@example.com'
    const [one, two] = [newsstand.visitor(), newsstand.visitor()]
    await choose(one)
    await choose(two, 'digital-monthly')
    const first = await goToPayment(one, email)
    const second = await goToPayment(two, email)
    assert.notEqual((await pay(first, email)).status, 303)
    await two.get(wayBack(await pay(second, email))).expect(303)
    assert.deepEqual(
      (await ordersOf(email)).map((order) => order.state),
      ['expired', 'paid'],
    )
  })

  it('have one payment page, the later one: of a reader', async () => {
    const email = 'two-devices@example.com'
    const [one, two] = [newsstand.visitor(), newsstand.visitor()]
    await signIn(newsstand, one, email)
    await signIn(newsstand, two, email)
    await choose(one)
    await choose(two)
    const first = await goToPayment(one, email)
    const second = await goToPayment(two, email)
    assert.notEqual(first, second)
    assert.equal((await openSessionsOf(email)).length, 1)
    // The first one again: then that is the later one.
    const third = await goToPayment(one, email)
    assert.notEqual((await pay(second, email)).status, 303)
    await one.get(wayBack(await pay(third, email))).expect(303)
    await post(two, email).expect(409)
  })

  it('at the same moment: one page, and the other browser is told', async () => {
    for (let round = 0; round < 6; round++) {
      const email = `same-moment-${round}@example.com`
      const carts = [await withCartAlone('all-access-annual'), await withCartAlone('digital-monthly')]
      const started = await Promise.all(
        carts.map((cart, index) =>
          startCheckout(deps, cart.slice('cart='.length), {
            email,
            readerId: null,
            browserHash: `browser ${round} ${index}`,
          }),
        ),
      )
      const paying = started.flatMap((one) => (one.outcome === 'pay' ? [one.orderId] : []))
      const open = await openSessionsOf(email)
      assert.equal(open.length, 1, `${started.map((one) => one.outcome)}`)
      const pending = (await ordersOf(email)).filter((order) => order.state === 'pending')
      assert.equal(pending.length, 1)
      // A page that was handed out before the other checkout began to close it is closed by now.
      assert.ok(paying.includes(pending[0]?.id ?? ''))
    }
  })

  it('one overtaken while its page is made: it is closed again, and the cart says why', async () => {
    const email = 'overtaken@example.com'
    const cart = (await withCartAlone('all-access-annual')).slice('cart='.length)
    const other = (await withCartAlone('digital-monthly')).slice('cart='.length)
    const create = stripe.checkout.sessions.create.bind(stripe.checkout.sessions)
    const later = { email, readerId: null, browserHash: 'the later browser' }
    const slow = {
      ...deps,
      stripe: new Proxy(stripe, {
        get: (target, name) => {
          if (name !== 'checkout') return Reflect.get(target, name)
          return {
            sessions: new Proxy(target.checkout.sessions, {
              get: (sessions, method) => {
                if (method !== 'create') return Reflect.get(sessions, method).bind(sessions)
                return async (...args: Parameters<typeof create>) => {
                  const session = await create(...args)
                  assert.equal((await startCheckout(deps, other, later)).outcome, 'pay')
                  return session
                }
              },
            }),
          }
        },
      }),
    }
    const started = await startCheckout(slow, cart, { ...later, browserHash: 'the earlier browser' })
    assert.equal(started.outcome, 'overtaken')
    assert.equal((await openSessionsOf(email)).length, 1)
    assert.deepEqual(
      (await ordersOf(email)).map((order) => order.state),
      ['expired', 'pending'],
    )
    const { text } = await newsstand.visitor().get('/cart?left=overtaken').expect(200)
    assert.match(text, /went on with another order/)
    await newsstand.visitor().get('/cart?left=constructor').expect(200)
  })

  it('of which one is a stranger’s with the address of an account: nothing is closed', async () => {
    const email = 'known-buyer@example.com'
    const reader = newsstand.visitor()
    await signIn(newsstand, reader, email)
    await choose(reader)
    const page = await goToPayment(reader, email)
    const stranger = newsstand.visitor()
    await choose(stranger, 'digital-monthly')
    const answer = await post(stranger, email).expect(303)
    assert.match(answer.headers.location ?? '', /^\/sign-in/)
    await reader.get(wayBack(await pay(page, email))).expect(303)
  })
})

describe('a session of somebody else', () => {
  it('shows a reader who is signed in nothing, and changes nothing of theirs', async () => {
    const [victim, thief] = [newsstand.visitor(), newsstand.visitor()]
    await choose(victim)
    const page = await goToPayment(victim, 'robbed@example.com')
    const way = wayBack(await pay(page, 'robbed@example.com'))
    await signIn(newsstand, thief, 'thief@example.com')
    const answer = await thief.get(way).expect(303)
    const next = await thief.get(answer.headers.location ?? '').expect(303)
    await thief.get(next.headers.location ?? '').expect(404)
    assert.doesNotMatch((await thief.get('/account')).text, /robbed@example\.com|All-Access/)
    await victim
      .get(way)
      .expect(303)
      .expect('Location', /^\/orders\//)
  })
})

describe('what a reader has', () => {
  it('is not sold to fifty posts at once either', async () => {
    const email = 'has-it@example.com'
    const reader = newsstand.visitor()
    await subscribe(reader, email)
    await signIn(newsstand, reader, email)
    await choose(reader, 'all-access-monthly')
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(reader, email)))
    assert.ok(answers.every((answer) => answer.status === 409))
    assert.equal((await ordersOf(email)).length, 1)
  })
})
