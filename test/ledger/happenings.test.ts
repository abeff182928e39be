import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balanceOf } from '../../src/ledger/balance.ts'
import { followLedger } from '../../src/orders/follow-ledger.ts'
import { applyEvent } from '../../src/webhooks/apply-event.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'
import { advance, buy, ledgerOf, orderOf, setAccount, setFaults, settledBalance, texts } from './support.ts'

const newsstand = await openNewsstand()
const { db, stripe, deps } = newsstand

/** At once, and billed at once. */
async function changePlan(subscriptionId: string, price: string): Promise<void> {
  const { items } = await stripe.subscriptions.retrieve(subscriptionId)
  await stripe.subscriptions.update(subscriptionId, {
    items: [{ id: items.data[0]?.id ?? '', price }],
    proration_behavior: 'always_invoice',
  })
}

async function answerDispute(orderId: string, evidence: string): Promise<void> {
  const { stripe_dispute_id: id } = await eventually(() =>
    db.selectFrom('disputes').selectAll().where('order_id', '=', orderId).executeTakeFirstOrThrow(),
  )
  await stripe.disputes.update(id, { evidence: { uncategorized_text: evidence }, submit: true })
}

describe('the ledger', () => {
  it('enters what was sold, and the fee when it is known', async () => {
    await subscribe(newsstand.visitor(), 'alice@example.com')
    const { id } = await orderOf(newsstand, 'alice@example.com')
    assert.deepEqual(await settledBalance(newsstand, id), ['12593 USD'])
    assert.deepEqual(await ledgerOf(newsstand, id), [
      'payment: stripe_pending 13000 USD, sales -13000 USD',
      'arrival: stripe_pending -13000 USD, stripe_balance 12593 USD, fees 407 USD',
    ])
  })

  it('enters each renewal', async () => {
    const { id } = await buy(newsstand, 'renewing@example.com', 'all-access-monthly')
    await advance(newsstand, 70)
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 6))
    assert.deepEqual(await settledBalance(newsstand, id), ['3696 USD'])
    const terms = await db.selectFrom('ledger_terms').selectAll().where('amount', '=', 1300).execute()
    assert.deepEqual(new Set(terms.map((term) => term.months)), new Set([1]))
  })

  it('enters a refund in part, and the rest', async () => {
    const { id, stripe_payment_intent_id } = await buy(newsstand, 'refunded@example.com')
    const payment_intent = stripe_payment_intent_id ?? ''
    await stripe.refunds.create({ payment_intent, amount: 3000 })
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 4))
    assert.deepEqual(await settledBalance(newsstand, id), ['9593 USD'])
    await stripe.refunds.create({ payment_intent })
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 6))
    assert.deepEqual(await settledBalance(newsstand, id), ['-407 USD'])
    assert.deepEqual(await texts(balanceOf(db, id, 'refunds')), ['13000 USD'])
  })

  it('undoes a refund that failed', async () => {
    const { id, stripe_payment_intent_id } = await buy(
      newsstand,
      'failing@example.com',
      'all-access-annual',
      '4000000000005126',
    )
    await stripe.refunds.create({ payment_intent: stripe_payment_intent_id ?? '' })
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 4))
    assert.deepEqual(await settledBalance(newsstand, id), ['-407 USD'])
    await advance(newsstand, 1)
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 6))
    assert.deepEqual(await settledBalance(newsstand, id), ['12593 USD'])
    assert.deepEqual(await texts(balanceOf(db, id, 'refunds')), [])
  })

  it('enters a dispute with its fee, and its money when it is won', async () => {
    const { id } = await buy(newsstand, 'quarrel@example.com', 'all-access-annual', '4000000000000259')
    await eventually(async () =>
      assert.ok(
        (await ledgerOf(newsstand, id)).includes(
          'dispute: disputes 13000 USD, stripe_balance -14500 USD, fees 1500 USD',
        ),
      ),
    )
    assert.deepEqual(await settledBalance(newsstand, id), ['-1907 USD'])
    await answerDispute(id, 'winning_evidence')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'disputes')), []))
    assert.deepEqual(await settledBalance(newsstand, id), ['11093 USD'])
  })

  it('enters a discount that left nothing to pay', async () => {
    const reader = newsstand.visitor()
    await db
      .insertInto('promotion_codes')
      .values({
        id: crypto.randomUUID(),
        code: 'NOTHING',
        percent_off: '100',
        duration: 'once',
        active: true,
        created_at: newsstand.clock(),
      })
      .execute()
    await choose(reader)
    await reader.post('/cart/promotion').type('form').send({ code: 'NOTHING' }).expect(303)
    const email = 'nothing@example.com'
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email))).expect(303)
    const { id } = await orderOf(newsstand, email)
    assert.deepEqual(await ledgerOf(newsstand, id), ['payment: discounts 13000 USD, sales -13000 USD'])
    assert.deepEqual(await settledBalance(newsstand, id), [])
  })

  it('enters a change to less as credit, and what that credit pays', async () => {
    const { stripe_price_id: price } = await db
      .selectFrom('prices')
      .innerJoin('plans', 'plans.id', 'plan_id')
      .select('stripe_price_id')
      .where('slug', '=', 'all-access-monthly')
      .executeTakeFirstOrThrow()
    const { id, stripe_subscription_id } = await buy(newsstand, 'changing@example.com')
    await changePlan(stripe_subscription_id ?? '', price ?? '')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'credit')), ['-11700 USD']))
    await advance(newsstand, 32)
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'credit')), ['-10400 USD']))
    assert.deepEqual(await settledBalance(newsstand, id), ['12593 USD'])
    assert.deepEqual(await texts(balanceOf(db, id, 'sales')), ['-2600 USD'])
    const terms = await db
      .selectFrom('ledger_terms')
      .innerJoin('ledger_postings', 'ledger_postings.id', 'posting_id')
      .select('amount')
      .where('order_id', '=', id)
      .execute()
    assert.equal(
      terms.reduce((sum, { amount }) => sum + amount, 0),
      2600,
    )
  })

  it('enters a change to more as what it took', async () => {
    const { stripe_price_id: price } = await db
      .selectFrom('prices')
      .innerJoin('plans', 'plans.id', 'plan_id')
      .select('stripe_price_id')
      .where('slug', '=', 'all-access-annual')
      .executeTakeFirstOrThrow()
    const { id, stripe_subscription_id } = await buy(newsstand, 'rising@example.com', 'all-access-monthly')
    await changePlan(stripe_subscription_id ?? '', price ?? '')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'sales')), ['-13000 USD']))
    await settledBalance(newsstand, id)
  })

  it('misses nothing while webhooks never come', async () => {
    await setFaults(newsstand, { drop: '1' })
    const { id, stripe_payment_intent_id: intent } = await buy(newsstand, 'unheard@example.com')
    await stripe.refunds.create({ payment_intent: intent ?? '', amount: 500 })
    const disputed = await buy(newsstand, 'unheard2@example.com', 'all-access-annual', '4000000000000259')
    for (const event of await takeMissedEvents(deps)) await applyEvent(deps, event)
    assert.deepEqual(await settledBalance(newsstand, id), ['12093 USD'])
    assert.deepEqual(await settledBalance(newsstand, disputed.id), ['-1907 USD'])
    await setFaults(newsstand, {})
  })

  it('adds nothing when all of it is told again', async () => {
    const { id } = await orderOf(newsstand, 'refunded@example.com')
    const before = await ledgerOf(newsstand, id)
    await Promise.all([followLedger(deps, id), followLedger(deps, id), followLedger(deps, id)])
    assert.deepEqual(await ledgerOf(newsstand, id), before)
  })
})

describe('an account that settles in another currency', () => {
  it('has both currencies meet in the exchange, each balanced by itself', async () => {
    await setAccount(newsstand, { settlement_currency: 'eur' })
    const { id, stripe_payment_intent_id } = await buy(
      newsstand,
      'abroad@example.com',
      'all-access-annual',
      '4000000000000259',
    )
    await answerDispute(id, 'winning_evidence')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'disputes')), []))
    const [inEuro] = await settledBalance(newsstand, id)
    assert.match(inEuro ?? '', /^\d+ EUR$/)
    assert.ok(stripe_payment_intent_id)
    const { id: second, stripe_payment_intent_id: intent } = await buy(newsstand, 'abroad2@example.com')
    await settledBalance(newsstand, second)
    await advance(newsstand, 12)
    await stripe.refunds.create({ payment_intent: intent ?? '', amount: 5000 })
    await eventually(async () =>
      assert.deepEqual(await texts(balanceOf(db, second, 'refunds')), ['5000 USD']),
    )
    await settledBalance(newsstand, second)
    const exchanged = await texts(balanceOf(db, second, 'exchange'))
    assert.match(exchanged.join(), /^-\d+ EUR,8000 USD$/)
    await setAccount(newsstand, { settlement_currency: null })
  })
})

describe('a fee that is known late', () => {
  it('leaves the money on its way until charge.updated', async () => {
    await setAccount(newsstand, { balance_delay_s: 86_400 })
    const { id } = await buy(newsstand, 'late@example.com')
    assert.deepEqual(await texts(balanceOf(db, id, 'stripe_pending')), ['13000 USD'])
    await followLedger(deps, id)
    assert.deepEqual(await ledgerOf(newsstand, id), ['payment: stripe_pending 13000 USD, sales -13000 USD'])
    await advance(newsstand, 2)
    await eventually(async () => assert.equal((await ledgerOf(newsstand, id)).length, 2))
    assert.deepEqual(await settledBalance(newsstand, id), ['12593 USD'])
    await setAccount(newsstand, { balance_delay_s: 0 })
  })
})
