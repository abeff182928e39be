import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSession } from '../../src/checkout/open-session.ts'
import { findLatestSession, findSession, saveSession } from '../../src/checkout/sessions.ts'
import { settle } from '../../src/checkout/settle.ts'
import { inTransaction } from '../../src/db/database.ts'
import { findOrder } from '../../src/orders/store.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

async function orderOf(email: string) {
  const { id } = await db
    .selectFrom('orders')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  const order = await findOrder(db, id)
  assert.ok(order)
  return order
}

/** An order with two pages: the first attempt's, and the second's, which is the one to pay on. */
async function withTwoPages(email: string) {
  const reader = newsstand.visitor()
  await choose(reader)
  await goToPayment(reader, email)
  const first = await findLatestSession(db, (await orderOf(email)).id)
  await forget(first?.id ?? '', 2)
  const second = await openSession(deps, await orderOf(email))
  assert.notEqual(second.id, first?.id)
  return { order: await orderOf(email), first: first?.id ?? '', second: second.id }
}

/** As if Stripe's answer had been lost on the way. */
async function forget(session: string, attempt: number): Promise<void> {
  const { order_id } = await db
    .deleteFrom('checkout_sessions')
    .where('id', '=', session)
    .returning('order_id')
    .executeTakeFirstOrThrow()
  await db.updateTable('orders').set({ attempt }).where('id', '=', order_id).execute()
}

describe('a session that we hear of only later', () => {
  it('is not the latest where it is the older one, and its end ends nothing', async () => {
    const { order, first, second } = await withTwoPages('older@example.com')
    await stripe.checkout.sessions.expire(first)
    assert.equal((await settle(deps, first)).outcome, 'expired')
    assert.equal((await findSession(db, first))?.attempt, 1)
    assert.equal((await findLatestSession(db, order.id))?.id, second)
    assert.equal((await orderOf(order.email)).state, 'pending')
  })

  it('is the latest where it is the newer one, and stays open', async () => {
    const { order, first, second } = await withTwoPages('newer@example.com')
    await settle(deps, first)
    await forget(second, 1)
    assert.equal((await settle(deps, second)).outcome, 'open')
    assert.equal((await findLatestSession(db, order.id))?.id, second)
    assert.equal((await openSession(deps, await orderOf(order.email))).id, second)
    assert.equal((await stripe.checkout.sessions.retrieve(second)).status, 'open')
    assert.equal((await stripe.checkout.sessions.retrieve(first)).status, 'expired')
  })

  it('counts with the order’s present attempt where somebody at Stripe has written over its own', async () => {
    const { first } = await withTwoPages('written@example.com')
    await stripe.checkout.sessions.update(first, { metadata: { attempt: 'the first' } })
    await settle(deps, first)
    assert.equal((await findSession(db, first))?.attempt, 2)
  })
})

describe('two sessions of one attempt', () => {
  for (const turn of ['the older first', 'the newer first']) {
    it(`leave the one that runs out last: ${turn}`, async () => {
      const email = `${turn.replaceAll(' ', '-')}@example.com`
      const reader = newsstand.visitor()
      await choose(reader)
      await goToPayment(reader, email)
      const { id: orderId } = await orderOf(email)
      const kept = await findLatestSession(db, orderId)
      assert.ok(kept)
      const away = turn === 'the older first' ? 60_000 : -60_000
      const other = { ...kept, id: `${kept.id}other`, expiresAt: new Date(kept.expiresAt.getTime() + away) }
      await inTransaction(db, (tx) => saveSession(tx, other, newsstand.clock()))
      const latest = turn === 'the older first' ? other.id : kept.id
      assert.equal((await findLatestSession(db, orderId))?.id, latest)
    })
  }
})
