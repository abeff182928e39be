import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe, type Visitor } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'
const day = 86_400_000
const email = 'alice@example.com'

async function advanceTo(at: Date): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    body: new URLSearchParams({ until: at.toISOString() }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

function subscriptionOf(address: string) {
  return db
    .selectFrom('subscriptions')
    .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
    .selectAll('subscriptions')
    .where('readers.email', '=', address)
    .executeTakeFirstOrThrow()
}

async function reason(reader: Visitor): Promise<string> {
  return /data-reason="(\w+)"/.exec((await reader.get(quds)).text)?.[1] ?? ''
}

const alice = newsstand.visitor()
const number = await subscribe(alice, email, 'all-access-monthly')
await signIn(newsstand, alice, email)
const dora = newsstand.visitor()
await signIn(newsstand, dora, 'owner@newsstand.test')
const { id, stripe_subscription_id, paid_until } = await subscriptionOf(email)
const after = (days: number) => new Date(paid_until.getTime() + days * day)
const dateText = (at: Date) => newsstand.deps.calendar.date(at).text

describe('a renewal that the card refuses', () => {
  it('is read on for the grace, which staff and the reader see with its end', async () => {
    const { customer } = await stripe.subscriptions.retrieve(stripe_subscription_id)
    const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: String(customer),
    })
    await stripe.subscriptions.update(stripe_subscription_id, { default_payment_method: method.id })
    await advanceTo(after(0.5))
    await eventually(async () => assert.equal((await subscriptionOf(email)).state, 'past_due'))
    assert.equal(await reason(alice), 'renewal')
    const told = `Payment overdue since ${dateText(paid_until)}; reads on until ${dateText(after(7))} (grace of 7 days, GRACE_PAST_DUE_DAYS)`
    assert.ok((await dora.get(`/admin/orders/${number}`)).text.includes(told))
    assert.ok((await dora.get(`/admin/readers?q=${email}`)).text.includes(told))
    const { text } = await alice.get('/account')
    assert.match(text, /Payment overdue/)
    assert.match(text, /Your last payment did not go through/)
    assert.match(text, new RegExp(`until <time[^>]*>${dateText(after(7))}</time> you read on`))
  })

  it('ends reading when the grace is over, not before', async () => {
    await advanceTo(after(7 - 1 / 24))
    assert.equal(await reason(alice), 'renewal')
    await advanceTo(after(7 + 1 / 24))
    assert.equal(await reason(alice), 'ended')
    assert.match((await dora.get(`/admin/orders/${number}`)).text, /reading ended on/)
    assert.match((await alice.get('/account')).text, /Reading ended on[\s\S]*goes on once you have paid/)
  })

  it('is nobody else’s to pay', async () => {
    await newsstand
      .visitor()
      .post(`/account/subscriptions/${id}/card`)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    const bob = newsstand.visitor()
    await subscribe(bob, 'bob@example.com', 'digital-monthly')
    await bob
      .post(`/account/subscriptions/${id}/card`)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    await signIn(newsstand, bob, 'bob@example.com')
    await bob.post(`/account/subscriptions/${id}/card`).expect(404)
  })

  it('goes on with another card, given on Stripe’s page', async () => {
    const sent = await alice.post(`/account/subscriptions/${id}/card`).expect(303)
    const portal = sent.headers.location ?? ''
    const card = { card_number: '4242424242424242', exp: '12/34', cvc: '123', name: 'Alice' }
    const stored = await fetch(`${portal.split('?')[0]}/card`, {
      method: 'POST',
      body: new URLSearchParams({ ...card, email }),
      redirect: 'manual',
    })
    assert.equal(stored.status, 303, await stored.text())
    await advanceTo(after(13))
    await eventually(async () => {
      assert.equal((await subscriptionOf(email)).state, 'active')
      assert.equal(await reason(alice), 'entitlement')
    })
    assert.doesNotMatch((await alice.get('/account')).text, /did not go through/)
  })

  it('cannot be paid with another card once it has ended', async () => {
    await stripe.subscriptions.cancel(stripe_subscription_id)
    await eventually(async () => assert.equal((await subscriptionOf(email)).state, 'canceled'))
    await alice.post(`/account/subscriptions/${id}/card`).expect(303).expect('Location', '/account')
    assert.doesNotMatch((await alice.get('/account')).text, /Pay with another card/)
  })
})
