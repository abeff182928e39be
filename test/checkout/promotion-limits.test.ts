import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { closePayment, closeStalePayments } from '../../src/checkout/close-pending.ts'
import { startCheckout } from '../../src/checkout/start-checkout.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

async function addCode(code: string, limits: { redemptions_limit?: number; once_per_reader?: boolean }) {
  const row = {
    id: randomUUID(),
    code,
    percent_off: '50',
    amount_off: null,
    currency: null,
    duration: 'once' as const,
    plan_id: null,
    redemptions_limit: null,
    expires_at: null,
    active: true,
    created_at: newsstand.clock(),
    stripe_coupon_id: null,
  }
  await db
    .insertInto('promotion_codes')
    .values({ ...row, ...limits })
    .execute()
}

const usesOf = async (code: string) =>
  (
    await db
      .selectFrom('promotion_codes')
      .select('redemptions')
      .where('code', '=', code)
      .executeTakeFirstOrThrow()
  ).redemptions

async function prepare(code: string, plan = 'digital-monthly'): Promise<Visitor> {
  const visitor = newsstand.visitor()
  await choose(visitor, plan)
  await visitor.post('/cart/promotion').type('form').send({ code }).expect(303)
  return visitor
}

const post = (visitor: Visitor, email: string) =>
  visitor.post('/checkout').type('form').send({ email, consent_renewal: 'on' })

const orderOf = (email: string) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('email', '=', email)
    .orderBy('turn', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

describe('the last use of a promotion code', () => {
  it('goes to one of fifty who order at once, and is paid with once', async () => {
    await addCode('LAST-ONE', { redemptions_limit: 1 })
    const visitors = await Promise.all(Array.from({ length: 50 }, () => prepare('LAST-ONE')))
    const answers = await Promise.all(
      visitors.map((visitor, index) => post(visitor, `fifty-${index}@example.com`)),
    )
    const [winner = -1, ...others] = answers.flatMap((answer, index) =>
      answer.status === 303 && /\/pay\//.test(answer.headers.location ?? '') ? [index] : [],
    )
    assert.notEqual(winner, -1)
    assert.deepEqual(others, [])
    const refused = answers.filter((_, index) => index !== winner)
    assert.ok(refused.every((answer) => answer.status === 409))
    assert.match(refused[0]?.text ?? '', /just paying with the last use of the code LAST-ONE/)
    const { data } = await stripe.checkout.sessions.list({ limit: 100, status: 'open' })
    assert.equal(data.filter((session) => session.total_details?.amount_discount).length, 1)

    const email = `fifty-${winner}@example.com`
    await visitors[winner]?.get(wayBack(await pay(answers[winner]?.headers.location ?? '', email)))
    assert.equal((await orderOf(email)).total, 400)
    assert.equal(await usesOf('LAST-ONE'), 1)
    const loser = visitors[winner === 0 ? 1 : 0] ?? newsstand.visitor()
    assert.match((await loser.get('/cart')).text, /LAST-ONE has been used up/)
    // Without the code it goes on.
    await loser.post('/cart/promotion').type('form').send({ code: '' }).expect(303)
    const page = await goToPayment(loser, 'without@example.com')
    await loser.get(wayBack(await pay(page, 'without@example.com'))).expect(303)
    assert.equal((await orderOf('without@example.com')).total, 800)
  })

  it('is free again when the payment page of its order expires', async () => {
    await addCode('COMES-BACK', { redemptions_limit: 1 })
    const [one, two] = [await prepare('COMES-BACK'), await prepare('COMES-BACK')]
    await goToPayment(one, 'holder@example.com')
    await post(two, 'waiter@example.com').expect(409)
    await closePayment(deps, (await orderOf('holder@example.com')).id)
    await goToPayment(two, 'waiter@example.com')
    await post(one, 'holder@example.com').expect(409)
  })

  it('is the buyer’s own still with another cart, or after the back button', async () => {
    await addCode('MINE', { redemptions_limit: 1 })
    const visitor = await prepare('MINE')
    const page = await goToPayment(visitor, 'own@example.com')
    assert.equal(await goToPayment(visitor, 'own@example.com'), page)
    await visitor.post('/cart/lines/digital-monthly').type('form').send({ quantity: '0' }).expect(303)
    await choose(visitor, 'all-access-annual')
    const second = await goToPayment(visitor, 'own@example.com')
    assert.notEqual((await pay(page, 'own@example.com')).status, 303)
    await visitor.get(wayBack(await pay(second, 'own@example.com'))).expect(303)
    assert.equal(await usesOf('MINE'), 1)
  })

  it('is not a signed-in reader’s while somebody without an account pays with it', async () => {
    await addCode('TAKEN', { redemptions_limit: 1 })
    await goToPayment(await prepare('TAKEN'), 'no-account@example.com')
    const reader = await prepare('TAKEN')
    await signIn(newsstand, reader, 'account@example.com')
    await post(reader, 'account@example.com').expect(409)
  })

  it('is free again when a stale order is swept, of which Stripe never heard', async () => {
    await addCode('STALE', { redemptions_limit: 1 })
    const visitor = await prepare('STALE')
    const cart = await db
      .selectFrom('carts')
      .innerJoin('promotion_codes', 'promotion_codes.id', 'promotion_code_id')
      .select('carts.id')
      .where('code', '=', 'STALE')
      .executeTakeFirstOrThrow()
    const away = new Proxy(stripe, {
      get: () => {
        throw new Error('Stripe is away')
      },
    })
    const buyer = { email: 'stale@example.com', readerId: null, browserHash: 'a stale browser' }
    await assert.rejects(startCheckout({ ...deps, stripe: away }, cart.id, buyer), /Stripe is away/)
    await post(visitor, 'next@example.com').expect(409)
    await closeStalePayments(deps)
    assert.equal((await orderOf('stale@example.com')).state, 'pending')
    await closeStalePayments({ ...deps, clock: () => new Date(newsstand.clock().getTime() + 26 * 3_600_000) })
    assert.equal((await orderOf('stale@example.com')).state, 'expired')
    await goToPayment(visitor, 'next@example.com')
  })
})

describe('a code for one order of each reader', () => {
  it('is said to have been used, to its reader alone', async () => {
    await addCode('ONCE-EACH', { once_per_reader: true })
    const email = 'once-each@example.com'
    const reader = await prepare('ONCE-EACH')
    await signIn(newsstand, reader, email)
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
    const { stripe_subscription_id } = await orderOf(email)
    await stripe.subscriptions.cancel(stripe_subscription_id ?? '')
    await choose(reader, 'all-access-monthly')
    await reader.post('/cart/promotion').type('form').send({ code: 'ONCE-EACH' }).expect(303)
    const again = async () => {
      const answer = await post(reader, email)
      if (/You subscribe already/.test(answer.text)) return again()
      return answer
    }
    const answer = await again()
    assert.equal(answer.status, 409)
    assert.match(answer.text, /ONCE-EACH can be used once, and you have used it/)
    await goToPayment(await prepare('ONCE-EACH'), 'another@example.com')
  })
})
