import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTransaction } from '../../src/db/database.ts'
import { type DriftKind, recordDrift } from '../../src/orders/drift.ts'
import { mendDrift } from '../../src/reconcile/mend-drift.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'
import { orderOf } from './support.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

/** A difference that was written down, and is none any more. */
async function stale(kind: DriftKind, subject: string, orderId: string): Promise<string> {
  const words = { stripeSays: 'This', weSay: 'That', fix: 'Mend it.' }
  await inTransaction(db, (tx) => recordDrift(tx, { kind, subject, orderId, ...words }, deps.clock()))
  const row = await db
    .selectFrom('drift')
    .select('id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow()
  return row.id
}

describe('a button of a difference that is none any more', () => {
  it('neither pays back nor strikes off what is right by now, and closes the difference', async () => {
    const order = await orderOf(newsstand, await subscribe(newsstand.visitor(), 'settled@example.com'))
    const session = await db
      .selectFrom('checkout_sessions')
      .select('id')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    const { stripe_subscription_id: subscription, stripe_payment_intent_id: intent } = order
    const payment = await db
      .selectFrom('payments')
      .select('stripe_source_id as id')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    const buttons = [
      ['session_unsettled', session.id, 'refund'],
      ['paid_twice', session.id, 'refund'],
      ['session_differs', order.number, 'refund'],
      ['charge_unknown', intent ?? '', 'refund'],
      ['subscription_unknown', subscription ?? '', 'refund'],
      ['subscription_double', subscription ?? '', 'refund'],
      ['subscription_gone', subscription ?? '', 'end'],
      ['order_not_paid', order.number, 'strike'],
      ['payment_gone', payment.id, 'strike'],
    ] as const
    for (const [kind, subject, fix] of buttons) {
      const id = await stale(kind, subject, order.id)
      const mended = await mendDrift(deps, id, fix, 'owner@newsstand.test')
      assert.deepEqual([kind, mended], [kind, { outcome: 'closed' }])
      const row = await db.selectFrom('drift').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      assert.ok(row.closed_at)
      assert.equal(row.mending_until, null)
    }
    const { data: refunds } = await stripe.refunds.list({ payment_intent: intent ?? '' })
    assert.deepEqual(refunds, [])
    assert.equal((await stripe.subscriptions.retrieve(subscription ?? '')).status, 'active')
    assert.equal((await orderOf(newsstand, order.number)).state, 'paid')
  })
})
