import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balanceOf } from '../../src/ledger/balance.ts'
import { enterEarlier, sweepPending } from '../../src/orders/sweep-ledger.ts'
import {
  advance,
  buy,
  forgetPostings,
  ledgerOf,
  orderOf,
  setAccount,
  setFaults,
  settledBalance,
  texts,
} from '../ledger/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

describe('money on its way whose event never comes', () => {
  it('is asked for after an hour, and not before', async () => {
    await setAccount(newsstand, { balance_delay_s: 60 })
    const { id } = await buy(newsstand, 'unheard@example.com')
    await setFaults(newsstand, { drop: '1' })
    assert.equal(await sweepPending(deps), 0)
    await advance(newsstand, 1)
    assert.deepEqual(await texts(balanceOf(db, id, 'stripe_pending')), ['13000 USD'])
    assert.equal(await sweepPending(deps), 1)
    assert.deepEqual(await settledBalance(newsstand, id), ['12593 USD'])
    assert.equal(await sweepPending(deps), 0)
    await setFaults(newsstand, {})
    await setAccount(newsstand, { balance_delay_s: 0 })
  })

  it('keeps nobody else waiting where Stripe does not answer for it', async () => {
    await setAccount(newsstand, { balance_delay_s: 60 })
    const { id } = await buy(newsstand, 'unanswered@example.com')
    await setFaults(newsstand, { drop: '1' })
    await advance(newsstand, 1)
    const charges = { list: () => Promise.reject(new Error('no answer')) }
    const mute = { ...deps, stripe: Object.assign(Object.create(stripe), { charges }) }
    assert.equal(await sweepPending(mute), 1)
    assert.equal((await ledgerOf(newsstand, id)).length, 1)
    await setFaults(newsstand, {})
    await setAccount(newsstand, { balance_delay_s: 0 })
  })
})

describe('what was paid before there was a ledger', () => {
  it('is entered as it would have been, in lots, and once', async () => {
    await addPass(newsstand)
    const plain = await buy(newsstand, 'plain@example.com')
    const pass = await buy(newsstand, 'pass@example.com', 'summer-pass')
    const monthly = await buy(newsstand, 'monthly@example.com', 'all-access-monthly')
    await advance(newsstand, 40)
    const refunded = await buy(newsstand, 'refunded@example.com')
    await stripe.refunds.create({ payment_intent: refunded.stripe_payment_intent_id ?? '', amount: 3000 })
    const ids = [plain.id, pass.id, monthly.id, refunded.id]
    await eventually(async () => {
      const counts = await Promise.all(ids.map(async (id) => (await ledgerOf(newsstand, id)).length))
      assert.deepEqual(counts, [2, 2, 4, 4])
    })
    const before = await Promise.all(ids.map(async (id) => (await ledgerOf(newsstand, id)).toSorted()))
    const terms = await listTerms()
    for (const id of ids) await forgetPostings(newsstand, id)
    assert.equal(await enterEarlier(deps), false)
    const after = await Promise.all(ids.map(async (id) => (await ledgerOf(newsstand, id)).toSorted()))
    assert.deepEqual(after, before)
    assert.deepEqual(await listTerms(), terms)
    for (const id of ids) await settledBalance(newsstand, id)
    await enterEarlier(deps)
    assert.deepEqual(
      await Promise.all(ids.map(async (id) => (await ledgerOf(newsstand, id)).toSorted())),
      before,
    )
  })

  it('is entered too where a discount left nothing to pay', async () => {
    const code = { id: crypto.randomUUID(), code: 'NOTHING', percent_off: '100', duration: 'once' } as const
    await db
      .insertInto('promotion_codes')
      .values({ ...code, active: true, created_at: newsstand.clock() })
      .execute()
    for (const [email, plan] of [
      ['nothing@example.com', 'all-access-annual'],
      ['nothing-once@example.com', 'summer-pass'],
    ] as const) {
      const reader = newsstand.visitor()
      await choose(reader, plan)
      await reader.post('/cart/promotion').type('form').send({ code: 'NOTHING' }).expect(303)
      await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
      const { id } = await orderOf(newsstand, email)
      const before = await ledgerOf(newsstand, id)
      assert.match(before.join(), /^payment: discounts \d+ USD, sales -\d+ USD$/)
      await forgetPostings(newsstand, id)
      await enterEarlier(deps)
      assert.deepEqual(await ledgerOf(newsstand, id), before)
    }
  })
})

async function listTerms() {
  const rows = await db
    .selectFrom('ledger_terms')
    .innerJoin('ledger_postings', 'ledger_postings.id', 'posting_id')
    .select(['stripe_id', 'amount', 'months'])
    .orderBy('stripe_id')
    .orderBy('line')
    .execute()
  return rows
}

describe('money that waits for staff', () => {
  it('is in the ledger as it is in Stripe’s balance, refunded or not', async () => {
    const email = 'held@example.com'
    const reader = newsstand.visitor()
    await choose(reader)
    const page = await goToPayment(reader, email)
    const { id } = await orderOf(newsstand, email)
    await db
      .updateTable('order_lines')
      .set({ stripe_price_id: 'price_other' })
      .where('order_id', '=', id)
      .execute()
    await reader.get(wayBack(await pay(page, email))).expect(200)
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id)), ['12593 USD']))
    assert.deepEqual(await texts(balanceOf(db, id, 'stripe_pending')), ['-13000 USD'])
    const { stripe_payment_intent_id: intent } = await db
      .selectFrom('ledger_intents')
      .selectAll()
      .where('order_id', '=', id)
      .executeTakeFirstOrThrow()
    await stripe.refunds.create({ payment_intent: intent })
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id)), ['-407 USD']))
  })
})

describe('a pass in one order with a subscription', () => {
  it('is earned in its own months', async () => {
    const reader = newsstand.visitor()
    await reader.post('/cart/lines').type('form').send({ plan: 'summer-pass' }).expect(303)
    await subscribe(reader, 'both@example.com')
    const { id } = await orderOf(newsstand, 'both@example.com')
    const rows = await db
      .selectFrom('ledger_terms')
      .innerJoin('ledger_postings', 'ledger_postings.id', 'posting_id')
      .select(['amount', 'months'])
      .where('order_id', '=', id)
      .orderBy('amount')
      .execute()
    assert.deepEqual(
      rows.map(({ amount, months }) => [amount, months]),
      [
        [2000, 3],
        [13000, 12],
      ],
    )
    await settledBalance(newsstand, id)
  })
})
