import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { settle } from '../../src/checkout/settle.ts'
import { strikeOrder } from '../../src/reconcile/strike.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'
import { compareAll, listOpen, orderOf } from './support.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand
await addPass(newsstand)

const holdsOf = async (orderId: string) => {
  const rows = await db.selectFrom('entitlements').select('held').where('order_id', '=', orderId).execute()
  return rows.map(({ held }) => held)
}

async function usesOf(code: string): Promise<number> {
  const found = db.selectFrom('promotion_codes').select('redemptions').where('code', '=', code)
  return (await found.executeTakeFirstOrThrow()).redemptions
}

/** Nothing that Stripe tells of is on its way: it would settle the order before this file does. */
const applied = () =>
  eventually(async () => {
    const { rows } = await sql`
      SELECT event_id AS what FROM sandbox.deliveries WHERE state = 'pending'
      UNION ALL SELECT id FROM events WHERE state = 'received'`.execute(db)
    assert.deepEqual(rows, [])
  })

describe('an order whose payment was struck, and which Stripe says is paid after all', () => {
  for (const plan of ['all-access-monthly', 'summer-pass'])
    it(`is paid again, and opens what it opened before: ${plan}`, async () => {
      const { id, number } = await orderOf(
        newsstand,
        await subscribe(newsstand.visitor(), `${plan}@example.com`, plan),
      )
      const session = await db
        .selectFrom('checkout_sessions')
        .select('id')
        .where('order_id', '=', id)
        .executeTakeFirstOrThrow()
      await applied()
      await strikeOrder(deps, id, 'owner@newsstand.test')
      assert.deepEqual(await holdsOf(id), ['refund'])
      assert.equal((await settle(deps, session.id)).outcome, 'settled')
      assert.equal((await orderOf(newsstand, number)).state, 'paid')
      assert.deepEqual(await holdsOf(id), [null])
      assert.equal((await settle(deps, session.id)).outcome, 'already')
      await compareAll(newsstand)
      assert.deepEqual(await listOpen(newsstand), [])
    })

  it('has used its promotion code once, and not at all while it was struck', async () => {
    const reader = newsstand.visitor()
    const email = 'code@example.com'
    await choose(reader, 'all-access-monthly')
    await reader.post('/cart/promotion').type('form').send({ code: 'WELCOME20' }).expect(303)
    const back = wayBack(await pay(await goToPayment(reader, email), email))
    await reader.get(back).expect(303)
    const { id } = await db
      .selectFrom('orders')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    await applied()
    assert.equal(await usesOf('WELCOME20'), 1)
    for (const _again of [1, 2]) {
      await strikeOrder(deps, id, 'owner@newsstand.test')
      await strikeOrder(deps, id, 'owner@newsstand.test')
      assert.equal(await usesOf('WELCOME20'), 0)
      const sessionId = new URLSearchParams(back.split('?')[1]).get('session_id') ?? ''
      assert.equal((await settle(deps, sessionId)).outcome, 'settled')
      assert.equal((await settle(deps, sessionId)).outcome, 'already')
      assert.equal(await usesOf('WELCOME20'), 1)
    }
  })
})
