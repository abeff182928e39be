import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()

describe('the account', () => {
  it('sends a stranger to sign in, and back', async () => {
    await newsstand.visitor().get('/account').expect(303).expect('Location', '/sign-in?next=/account')
    await newsstand
      .visitor()
      .get('/orders/NS-1001')
      .expect(303)
      .expect('Location', '/sign-in?next=%2Forders%2FNS-1001')
    await newsstand.visitor().post('/account/email').type('form').send({ email: 'x@example.com' }).expect(303)
  })

  it('shows what a reader has and ordered', async () => {
    const alice = newsstand.visitor()
    const number = await subscribe(alice, 'alice@example.com')
    const { text, headers } = await alice.get('/account').expect(200)
    for (const part of ['alice@example.com', number, 'All-Access, yearly', '$130.00'])
      assert.ok(text.includes(part), part)
    assert.match(headers['cache-control'] ?? '', /no-store/)
  })

  it('is empty and friendly for who bought nothing', async () => {
    const carol = newsstand.visitor()
    await signIn(newsstand, carol, 'carol@example.com')
    const { text } = await carol.get('/account').expect(200)
    assert.ok(text.includes('carol@example.com'))
    assert.ok(text.includes('/subscribe'))
  })
})

describe('an order', () => {
  it('is its reader’s and nobody else’s', async () => {
    const bob = newsstand.visitor()
    const number = await subscribe(bob, 'bob@example.com')
    await bob.get(`/orders/${number}`).expect(200)
    const mallory = newsstand.visitor()
    await signIn(newsstand, mallory, 'mallory@example.com')
    const theirs = await mallory.get(`/orders/${number}`).expect(404)
    const none = await mallory.get('/orders/NS-999999').expect(404)
    assert.equal(theirs.text.replaceAll(number, ''), none.text.replaceAll('NS-999999', ''))
    const dora = newsstand.visitor()
    await signIn(newsstand, dora, 'owner@newsstand.test')
    await dora.get(`/orders/${number}`).expect(404)
  })

  it('leads back to the article where it began', async () => {
    const reader = newsstand.visitor()
    const slug = 'quds-force-chief-visits-baghdad'
    await reader
      .post('/cart/lines')
      .type('form')
      .send({ plan: 'digital-monthly', quantity: '1', from: slug })
      .expect(303)
    const number = await subscribe(reader, 'reader@example.com', 'digital-monthly')
    const { text } = await reader.get(`/orders/${number}`).expect(200)
    assert.ok(text.includes(`/articles/${slug}"`))
  })
})

describe('correcting an address', () => {
  it('is for who has not proved it, and not to somebody else’s', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'typo@example.con')
    for (const email of ['', 'nonsense', 'alice@example.com']) {
      const answer = await reader.post('/account/email').type('form').send({ email })
      assert.equal(answer.status, 422, email)
    }
    await reader.post('/account/email').type('form').send({ email: 'right@example.com' }).expect(303)
    await signIn(newsstand, reader, 'right@example.com')
    const late = await reader.post('/account/email').type('form').send({ email: 'third@example.com' })
    assert.equal(late.status, 422)
  })
})

describe('cancelling', () => {
  async function subscriptionOf(email: string) {
    return newsstand.db
      .selectFrom('subscriptions')
      .innerJoin('readers', 'readers.id', 'reader_id')
      .select(['subscriptions.id', 'ends_at', 'paid_until', 'stripe_subscription_id'])
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
  }

  it('takes two clicks, says until when one can read, and can be taken back', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'leaver@example.com')
    await signIn(newsstand, reader, 'leaver@example.com')
    const {
      id,
      paid_until: paidUntil,
      stripe_subscription_id: stripeId,
    } = await subscriptionOf('leaver@example.com')
    const path = `/account/subscriptions/${id}`
    assert.ok((await reader.get('/account')).text.includes(`${path}/cancellation`))
    assert.ok((await reader.get(`${path}/cancellation`).expect(200)).text.includes(paidUntil.toISOString()))
    await reader.post(`${path}/cancellation`).expect(303)
    await reader.post(`${path}/cancellation`).expect(303)
    assert.equal((await subscriptionOf('leaver@example.com')).ends_at?.getTime(), paidUntil.getTime())
    assert.equal((await newsstand.stripe.subscriptions.retrieve(stripeId)).cancel_at_period_end, true)
    await reader.get(`${path}/cancellation`).expect(303)
    await reader.post(`${path}/renewal`).expect(303)
    assert.equal((await subscriptionOf('leaver@example.com')).ends_at, null)
    assert.equal((await newsstand.stripe.subscriptions.retrieve(stripeId)).cancel_at_period_end, false)
  })

  it('is for the reader alone, with a proved address', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'owner-of-it@example.com')
    const { id } = await subscriptionOf('owner-of-it@example.com')
    const path = `/account/subscriptions/${id}/cancellation`
    await reader
      .get(path)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    await reader
      .post(path)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    await newsstand
      .visitor()
      .post(path)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    const mallory = newsstand.visitor()
    await signIn(newsstand, mallory, 'mallory@example.com')
    await mallory.get(path).expect(404)
    await mallory.post(path).expect(404)
    await mallory.post('/account/subscriptions/nonsense/renewal').expect(404)
    assert.equal((await subscriptionOf('owner-of-it@example.com')).ends_at, null)
  })
})
