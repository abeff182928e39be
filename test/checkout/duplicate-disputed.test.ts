import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { undoDuplicate } from '../../src/checkout/undo-duplicate.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

function orderOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
}

async function historyOf(orderId: string): Promise<string[]> {
  const rows = await db.selectFrom('order_history').select('text').where('order_id', '=', orderId).execute()
  return rows.map((row) => row.text)
}

describe('undoing what was bought twice', () => {
  it('ends it where the payment is disputed, says so once, and is not tried for ever', async () => {
    const email = 'disputing@example.com'
    const reader = newsstand.visitor()
    await choose(reader)
    await reader
      .get(wayBack(await pay(await goToPayment(reader, email), email, '4000000000000259')))
      .expect(303)
    await eventually(async () => assert.equal((await orderOf(email)).state, 'disputed'))
    const { id, stripe_subscription_id: subscription } = await orderOf(email)
    await undoDuplicate(deps, id)
    assert.equal((await stripe.subscriptions.retrieve(subscription ?? '')).status, 'canceled')
    assert.ok((await historyOf(id)).some((text) => /disputed and cannot be paid back/.test(text)))
    assert.equal((await orderOf(email)).state, 'disputed')
  })

  it('bears that staff paid it back before', async () => {
    await subscribe(newsstand.visitor(), 'refunded@example.com')
    const { id, stripe_payment_intent_id } = await orderOf('refunded@example.com')
    await stripe.refunds.create({ payment_intent: stripe_payment_intent_id ?? '' })
    await undoDuplicate(deps, id)
    await undoDuplicate(deps, id)
    const { data } = await stripe.refunds.list({ payment_intent: stripe_payment_intent_id ?? '' })
    assert.equal(data.length, 1)
    assert.equal((await orderOf('refunded@example.com')).state, 'refunded')
  })
})
