import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { setFaults } from '../ledger/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'

async function advance(days: number): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    body: new URLSearchParams({ days: String(days) }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

async function subscriptionOf(email: string) {
  return db
    .selectFrom('subscriptions')
    .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
    .selectAll('subscriptions')
    .where('readers.email', '=', email)
    .executeTakeFirstOrThrow()
}

describe('a subscription whose collection is paused', () => {
  it('gives the time away, and goes on to be paid when it is resumed', async () => {
    const alice = newsstand.visitor()
    await subscribe(alice, 'alice@example.com', 'all-access-monthly')
    const { stripe_subscription_id: id } = await subscriptionOf('alice@example.com')
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } })
    await eventually(async () => assert.ok((await subscriptionOf('alice@example.com')).given_until))
    await advance(50)
    await eventually(async () => assert.match((await alice.get(quds)).text, /data-access="full"/))
    const paused = await subscriptionOf('alice@example.com')
    assert.ok(paused.given_until && paused.given_until > paused.paid_until)
    await stripe.subscriptions.update(id, { pause_collection: '' })
    await advance(1)
    assert.match((await alice.get(quds)).text, /data-access="full"/, 'what was given stays given')
    await advance(30)
    await eventually(async () => {
      const resumed = await subscriptionOf('alice@example.com')
      assert.ok(resumed.given_until && resumed.paid_until > resumed.given_until)
    })
    const payments = await db.selectFrom('payments').select('kind').execute()
    assert.deepEqual(
      payments.map(({ kind }) => kind),
      ['first', 'renewal'],
    )
  })
})

describe('a pause of collection that ended while nothing of it was heard', () => {
  for (const behavior of ['void', 'mark_uncollectible', 'keep_as_draft'] as const) {
    it(`has given its period away all the same (${behavior})`, async () => {
      const email = `${behavior.replaceAll('_', '-')}@example.com`
      const reader = newsstand.visitor()
      await subscribe(reader, email, 'all-access-monthly')
      const { stripe_subscription_id: id } = await subscriptionOf(email)
      await setFaults(newsstand, { drop: '1' })
      await stripe.subscriptions.update(id, { pause_collection: { behavior } })
      await advance(35)
      await stripe.subscriptions.update(id, { pause_collection: '' })
      await setFaults(newsstand, {})
      for (const event of await takeMissedEvents(newsstand.deps)) await applyEvent(newsstand.deps, event)
      await eventually(async () => assert.ok((await subscriptionOf(email)).given_until))
      await advance(10)
      assert.match((await reader.get(quds)).text, /data-access="full"/)
      const payments = await db
        .selectFrom('payments')
        .innerJoin('orders', 'orders.id', 'payments.order_id')
        .where('orders.email', '=', email)
        .select('payments.kind')
        .execute()
      assert.deepEqual(payments, [{ kind: 'first' }])
      await advance(30)
      await eventually(async () => {
        const { paid_until: paid, given_until: given } = await subscriptionOf(email)
        assert.ok(given && paid > given)
      })
    })
  }
})

describe('a subscription that is paused itself', () => {
  it('opens what is paid and no more, until it is resumed', async () => {
    const bob = newsstand.visitor()
    await subscribe(bob, 'bob@example.com', 'all-access-monthly')
    const { stripe_subscription_id: id } = await subscriptionOf('bob@example.com')
    await pause(id)
    await eventually(async () => assert.equal((await subscriptionOf('bob@example.com')).state, 'paused'))
    assert.match((await bob.get(quds)).text, /data-access="full"/)
    await advance(40)
    assert.match((await bob.get(quds)).text, /data-access="preview" data-reason="ended"/)
    assert.match((await bob.get('/account')).text, /Paused/)
    await stripe.subscriptions.resume(id)
    await eventually(async () => assert.match((await bob.get(quds)).text, /data-access="full"/))
    assert.equal((await subscriptionOf('bob@example.com')).state, 'active')
  })
})

/** The dashboard's button. */
async function pause(id: string): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/v1/subscriptions/${id}/pause`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_sandbox' },
    body: new URLSearchParams({ type: 'subscription' }),
  })
  assert.equal(answer.status, 200, await answer.text())
}
