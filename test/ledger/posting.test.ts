import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { inTransaction } from '../../src/db/database.ts'
import type { Entry } from '../../src/ledger/posting.ts'
import { post } from '../../src/ledger/store.ts'
import { money } from '../../src/money/money.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, clock } = newsstand
await subscribe(newsstand.visitor(), 'alice@example.com')
const { id: orderId } = await db.selectFrom('orders').select('id').executeTakeFirstOrThrow()

function posting(stripeId: string, entries: Entry[]) {
  const cause = { orderId, kind: 'payment', stripeId, paymentIntentId: null, at: clock() } as const
  return { ...cause, entries, terms: [] }
}

function entry(account: Entry['account'], amount: number, currency = 'USD'): Entry {
  return { account, amount: money(amount, currency) }
}

function isPosted(stripeId: string) {
  return db.selectFrom('ledger_postings').select('id').where('stripe_id', '=', stripeId).executeTakeFirst()
}

describe('a posting', () => {
  it('is written once', async () => {
    const entries = [entry('stripe_pending', 500), entry('sales', -500)]
    const write = () => inTransaction(db, (tx) => post(tx, posting('in_once', entries), clock()))
    assert.deepEqual((await Promise.all([write(), write(), write()])).filter(Boolean).length, 1)
  })

  it('that does not balance fails its whole transaction, at the commit', async () => {
    const unbalanced = posting('in_unbalanced', [entry('stripe_pending', 500), entry('sales', -499)])
    const work = inTransaction(db, async (tx) => {
      await tx.updateTable('orders').set({ card: 'changed' }).where('id', '=', orderId).execute()
      await post(tx, unbalanced, clock())
    })
    await assert.rejects(work, /does not balance/)
    assert.equal(await isPosted('in_unbalanced'), undefined)
    const { card } = await db.selectFrom('orders').select('card').executeTakeFirstOrThrow()
    assert.notEqual(card, 'changed')
  })

  it('balances in each currency by itself', async () => {
    const mixed = [entry('stripe_pending', 500), entry('sales', -500, 'EUR')]
    await assert.rejects(
      inTransaction(db, (tx) => post(tx, posting('in_mixed', mixed), clock())),
      /does not balance/,
    )
    const both = [...mixed, entry('exchange', -500), entry('exchange', 500, 'EUR')]
    assert.equal(await inTransaction(db, (tx) => post(tx, posting('in_both', both), clock())), true)
  })

  it('of nothing is none', async () => {
    assert.equal(await post(db, posting('in_nothing', [entry('sales', 0)]), clock()), false)
    assert.equal(await isPosted('in_nothing'), undefined)
  })

  it('without entries is refused, and so is an entry that comes later', async () => {
    const values = {
      order_id: orderId,
      kind: 'payment',
      stripe_id: 'in_empty',
      at: clock(),
      posted_at: clock(),
    } as const
    await assert.rejects(db.insertInto('ledger_postings').values(values).execute(), /has no entries/)
    const { id } = (await isPosted('in_once')) ?? assert.fail()
    const late = { posting_id: id, line: 9, account: 'fees', currency: 'USD', amount: 1 } as const
    await assert.rejects(db.insertInto('ledger_entries').values(late).execute(), /does not balance/)
  })

  it('is never changed and never removed', async () => {
    for (const table of ['ledger_postings', 'ledger_entries', 'ledger_terms']) {
      const statements = [`DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`]
      for (const statement of [
        ...statements,
        `UPDATE ${table} SET ${table === 'ledger_postings' ? 'at = at' : 'amount = amount'}`,
      ])
        await assert.rejects(sql.raw(statement).execute(db), /never changed/, statement)
    }
  })
})
