import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, subscribe } from '../support/personas.ts'
import { advance, compareAll, listOpen, orderOf } from './support.ts'

const newsstand = await openNewsstand()
const { db, stripe } = newsstand

describe('a comparison of a shop that nobody tampered with', () => {
  it('finds nothing, whatever readers and staff did', async () => {
    const annual = await subscribe(newsstand.visitor(), 'annual@example.com')
    await subscribe(newsstand.visitor(), 'monthly@example.com', 'all-access-monthly')
    const left = newsstand.visitor()
    await choose(left)
    await goToPayment(left, 'left@example.com')
    const part = (await orderOf(newsstand, annual)).stripe_payment_intent_id ?? ''
    await stripe.refunds.create({ payment_intent: part, amount: 1000 })
    const ended = await subscribe(newsstand.visitor(), 'ended@example.com', 'digital-monthly')
    await stripe.subscriptions.cancel((await orderOf(newsstand, ended)).stripe_subscription_id ?? '')
    await advance(newsstand, 40)
    await eventually(async () => {
      const payments = await db.selectFrom('payments').selectAll().where('kind', '=', 'renewal').execute()
      assert.equal(payments.length, 1)
    })
    await compareAll(newsstand)
    assert.deepEqual(
      (await listOpen(newsstand)).filter((one) => !one.startsWith('refund_names_no_line')),
      [],
    )
    const [comparison] = await db.selectFrom('comparisons').selectAll().execute()
    assert.ok(comparison && comparison.looked_at > 15, `only ${comparison?.looked_at} looked at`)
    assert.equal((await db.selectFrom('comparison_seen').selectAll().execute()).length, 0)
    assert.equal((await db.selectFrom('comparison_suspects').selectAll().execute()).length, 0)
  })
})
