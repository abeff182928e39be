import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recordDrift } from '../../src/orders/drift.ts'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { keepEvent } from '../../src/webhooks/inbox.ts'
import { toNewEvent } from '../../src/webhooks/read-event.ts'
import { advance, setFaults, settled } from '../reconcile/support.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
await addPass(newsstand)
/** Paid, and disputed at once: https://docs.stripe.com/testing#disputes (read 2026-11-22). */
const disputed = '4000000000000259'

/** Keeps and applies the newest event of a type, as if it were the only one that ever came. */
async function hearOnly(type: string): Promise<string> {
  const { data } = await stripe.events.list({ type, limit: 1 })
  const event = toNewEvent(JSON.stringify(data[0]))
  assert.ok(event, type)
  await keepEvent(db, event, deps.clock(), new Date(Date.now() - 1))
  await applyEvent(deps, event.id)
  const kept = await db.selectFrom('events').selectAll().where('id', '=', event.id).executeTakeFirstOrThrow()
  return `${kept.state} at attempt ${kept.attempts}: ${kept.note}`
}

const orderOfEmail = (email: string) =>
  db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()

/** As if its payment had once waited for staff, who then let it be settled. */
async function closeDrift(orderId: string, subject: string): Promise<void> {
  const difference = {
    kind: 'session_differs',
    subject,
    orderId,
    stripeSays: 'a',
    weSay: 'b',
    fix: 'c',
  } as const
  await recordDrift(db, difference, deps.clock())
  await db.updateTable('drift').set({ closed_at: deps.clock() }).where('order_id', '=', orderId).execute()
}

async function buyUnheard(email: string, plan: string, card: string): Promise<void> {
  await setFaults(newsstand, { drop: '1' })
  const visitor = newsstand.visitor()
  await choose(visitor, plan)
  assert.equal((await pay(await goToPayment(visitor, email), email, card)).status, 303)
  assert.equal((await orderOfEmail(email)).state, 'pending')
}

describe('news of money that comes before that of its payment', () => {
  for (const plan of ['summer-pass', 'all-access-annual'] as const) {
    it(`settles the order first (${plan}), and a dispute is on record`, async () => {
      const email = `disputed-${plan}@example.com`
      await buyUnheard(email, plan, disputed)
      assert.equal(await hearOnly('charge.dispute.funds_withdrawn'), 'applied at attempt 1: null')
      const order = await orderOfEmail(email)
      assert.equal(order.state, 'disputed')
      assert.ok(order.paid_at)
      assert.equal(await hearOnly('charge.dispute.created'), 'applied at attempt 1: null')
      assert.equal(await hearOnly('checkout.session.completed'), 'applied at attempt 1: null')
      assert.equal((await orderOfEmail(email)).state, 'disputed')
    })

    it(`settles the order first (${plan}), and a refund is on record`, async () => {
      const email = `refunded-${plan}@example.com`
      await buyUnheard(email, plan, '4242424242424242')
      const { data } = await stripe.paymentIntents.list({ limit: 1 })
      await stripe.refunds.create({ payment_intent: data[0]?.id ?? '' })
      assert.equal(await hearOnly('charge.refunded'), 'applied at attempt 1: null')
      assert.equal((await orderOfEmail(email)).state, 'refunded')
    })
  }

  for (const once of ['never', 'once'] as const)
    it(`records a renewal first that nobody told of, where its order ${once} waited for staff`, async () => {
      await setFaults(newsstand, {})
      const email = `renewal-${once}@example.com`
      await subscribe(newsstand.visitor(), email, 'all-access-monthly')
      await settled(newsstand)
      const { id, number } = await orderOfEmail(email)
      if (once === 'once') await closeDrift(id, number)
      await setFaults(newsstand, { drop: '1' })
      await advance(newsstand, 33)
      const paymentsOf = () =>
        db.selectFrom('payments').select('kind').where('order_id', '=', id).orderBy('paid_at').execute()
      assert.equal((await paymentsOf()).length, 1)
      const { data } = await stripe.paymentIntents.list({ limit: 1 })
      await stripe.refunds.create({ payment_intent: data[0]?.id ?? '' })
      assert.equal(await hearOnly('charge.refunded'), 'applied at attempt 1: null')
      assert.deepEqual(await paymentsOf(), [{ kind: 'first' }, { kind: 'renewal' }])
      const order = await orderOfEmail(email)
      assert.equal(order.refunded, 1300)
      assert.equal(order.state, 'partly_refunded')
    })
})
