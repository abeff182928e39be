import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balanceOf } from '../../src/ledger/balance.ts'
import { minorUnits } from '../../src/money/money.ts'
import { followLedger } from '../../src/orders/follow-ledger.ts'
import { mendDrift } from '../../src/reconcile/mend-drift.ts'
import { strikePayment } from '../../src/reconcile/strike.ts'
import { forgetPostings } from '../ledger/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'
import { compareAll, listOpen, openDrift, orderOf, settled } from './support.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand

async function buy(email: string) {
  const order = await orderOf(newsstand, await subscribe(newsstand.visitor(), email))
  await eventually(async () => assert.equal((await balanceOf(db, order.id)).length, 1))
  // An event that is applied late would enter anew what a test takes away.
  await settled(newsstand)
  return order
}

async function pressButton(subject: string) {
  const drift = (await openDrift(newsstand)).find((one) => one.subject === subject)
  assert.ok(drift, `no drift about ${subject}`)
  return mendDrift(deps, drift.id, 'entries', 'owner@newsstand.test')
}

describe('a ledger that differs from Stripe’s balance', () => {
  it('is found where a balance transaction is not entered, and mended by its button', async () => {
    const order = await buy('alice@example.com')
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
    await forgetPostings(newsstand, order.id, 'arrival')
    await compareAll(newsstand)
    const [drift] = await openDrift(newsstand)
    assert.equal(drift?.stripe_says, 'Its balance transactions come to $125.93 USD')
    assert.equal(drift?.we_say, 'Its entries come to nothing')
    assert.deepEqual(await pressButton(order.number), { outcome: 'mended' })
    assert.deepEqual((await balanceOf(db, order.id)).map(minorUnits), [12593])
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })

  it('is found where a payment is not entered, though the balance is right', async () => {
    const order = await buy('bob@example.com')
    await forgetPostings(newsstand, order.id, 'payment')
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [`ledger_differs ${order.number}`])
    assert.match((await openDrift(newsstand))[0]?.we_say ?? '', /1 of its payments are not entered/)
    assert.deepEqual(await pressButton(order.number), { outcome: 'mended' })
    assert.deepEqual(await balanceOf(db, order.id, 'stripe_pending'), [])
    assert.deepEqual((await balanceOf(db, order.id, 'sales')).map(minorUnits), [-13000])
  })

  it('is found where we have entered what Stripe does not have, and stays open', async () => {
    const order = await buy('carol@example.com')
    await db.transaction().execute(async (tx) => {
      const { id } = await tx
        .insertInto('ledger_postings')
        .values({
          order_id: order.id,
          kind: 'arrival',
          stripe_id: 'txn_ghost',
          at: deps.clock(),
          posted_at: deps.clock(),
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      const entry = { posting_id: id, currency: 'USD' }
      await tx
        .insertInto('ledger_entries')
        .values([
          { ...entry, line: 0, account: 'stripe_balance', amount: 1 },
          { ...entry, line: 1, account: 'fees', amount: -1 },
        ])
        .execute()
    })
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [`ledger_differs ${order.number}`])
    assert.equal((await pressButton(order.number)).outcome, 'failed')
    assert.deepEqual(await listOpen(newsstand), [`ledger_differs ${order.number}`])
  })
})

describe('a payment that is taken off our books', () => {
  it('is reversed in the ledger, once, with what it would have earned', async () => {
    const order = await buy('dave@example.com')
    const payment = {
      order_id: order.id,
      kind: 'renewal',
      currency: 'USD',
      amount: 500,
      paid_at: deps.clock(),
    } as const
    const id = 'in_nowhere'
    await db
      .insertInto('payments')
      .values({ ...payment, id: crypto.randomUUID(), stripe_source_id: id, stripe_payment_intent_id: null })
      .execute()
    await followLedger(deps, order.id)
    assert.deepEqual((await balanceOf(db, order.id, 'stripe_pending')).map(minorUnits), [500])
    await strikePayment(deps, order.id, id, 'owner@newsstand.test')
    await strikePayment(deps, order.id, id, 'owner@newsstand.test')
    assert.deepEqual(await balanceOf(db, order.id, 'stripe_pending'), [])
    assert.deepEqual((await balanceOf(db, order.id, 'sales')).map(minorUnits), [-13000])
    const terms = await db
      .selectFrom('ledger_terms')
      .innerJoin('ledger_postings', 'ledger_postings.id', 'posting_id')
      .select('amount')
      .where('stripe_id', '=', id)
      .orderBy('posting_id')
      .execute()
    assert.deepEqual(
      terms.map((term) => term.amount),
      [500, -500],
    )
    // It had been paid after all.
    await db
      .insertInto('payments')
      .values({ ...payment, id: crypto.randomUUID(), stripe_source_id: id, stripe_payment_intent_id: null })
      .execute()
    await compareAll(newsstand)
    assert.ok((await listOpen(newsstand)).includes(`ledger_differs ${order.number}`))
    await followLedger(deps, order.id)
    await followLedger(deps, order.id)
    assert.deepEqual((await balanceOf(db, order.id, 'stripe_pending')).map(minorUnits), [500])
    await strikePayment(deps, order.id, id, 'owner@newsstand.test')
    assert.deepEqual(await balanceOf(db, order.id, 'stripe_pending'), [])
  })
})
