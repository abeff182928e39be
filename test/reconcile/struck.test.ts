import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { settle } from '../../src/checkout/settle.ts'
import { strikeOrder } from '../../src/reconcile/strike.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { subscribe } from '../support/personas.ts'
import { compareAll, listOpen, orderOf } from './support.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand
await addPass(newsstand)

const holdsOf = async (orderId: string) => {
  const rows = await db.selectFrom('entitlements').select('held').where('order_id', '=', orderId).execute()
  return rows.map(({ held }) => held)
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
})
