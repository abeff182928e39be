import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balanceOf } from '../../src/ledger/balance.ts'
import { currencyCode, minorUnits } from '../../src/money/money.ts'
import { followLedger } from '../../src/orders/follow-ledger.ts'
import { stripeBalanceOf } from '../../src/orders/stripe-balance-of.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { cards, choose, goToPayment, pay, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe, deps } = newsstand

async function advance(days: number): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ days }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

async function setAccount(body: object): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/account`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200, await answer.text())
}

function orderOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
}

/** Buys with this card, up to the order's page. */
async function buy(email: string, plan = 'all-access-annual', card: string = cards.good) {
  const reader = newsstand.visitor()
  await choose(reader, plan)
  await reader.get(wayBack(await pay(await goToPayment(reader, email), email, card))).expect(303)
  return orderOf(email)
}

/** "payment: stripe_pending 13000 USD, sales -13000 USD", in the order of writing. */
async function ledgerOf(orderId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['ledger_postings.id', 'kind', 'account', 'amount', 'currency'])
    .where('order_id', '=', orderId)
    .orderBy('ledger_postings.id')
    .orderBy('line')
    .execute()
  return [...Map.groupBy(rows, (row) => row.id).values()].map((entries) => {
    const texts = entries.map(({ account, amount, currency }) => `${account} ${amount} ${currency}`)
    return `${entries[0]?.kind}: ${texts.join(', ')}`
  })
}

async function texts(amounts: ReturnType<typeof balanceOf>): Promise<string[]> {
  return (await amounts).map((amount) => `${minorUnits(amount)} ${currencyCode(amount)}`)
}

/** Nothing is under way any more, and Stripe holds for the order what our entries say. Returns that. */
function settledBalance(orderId: string): Promise<string[]> {
  return eventually(async () => {
    assert.deepEqual(await texts(balanceOf(db, orderId, 'stripe_pending')), [])
    const ours = await texts(balanceOf(db, orderId))
    assert.deepEqual(ours, await texts(stripeBalanceOf(stripe, db, orderId)))
    return ours
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
    const { id } = await orderOf('alice@example.com')
    assert.deepEqual(await settledBalance(id), ['12593 USD'])
    assert.deepEqual(await ledgerOf(id), [
      'payment: stripe_pending 13000 USD, sales -13000 USD',
      'arrival: stripe_pending -13000 USD, stripe_balance 12593 USD, fees 407 USD',
    ])
  })

  it('enters each renewal', async () => {
    const { id } = await buy('renewing@example.com', 'all-access-monthly')
    await advance(70)
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 6))
    assert.deepEqual(await settledBalance(id), ['3696 USD'])
    const terms = await db.selectFrom('ledger_terms').selectAll().where('amount', '=', 1300).execute()
    assert.deepEqual(new Set(terms.map((term) => term.months)), new Set([1]))
  })

  it('enters a refund in part, and the rest', async () => {
    const { id, stripe_payment_intent_id } = await buy('refunded@example.com')
    const payment_intent = stripe_payment_intent_id ?? ''
    await stripe.refunds.create({ payment_intent, amount: 3000 })
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 4))
    assert.deepEqual(await settledBalance(id), ['9593 USD'])
    await stripe.refunds.create({ payment_intent })
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 6))
    assert.deepEqual(await settledBalance(id), ['-407 USD'])
    assert.deepEqual(await texts(balanceOf(db, id, 'refunds')), ['13000 USD'])
  })

  it('undoes a refund that failed', async () => {
    const { id, stripe_payment_intent_id } = await buy(
      'failing@example.com',
      'all-access-annual',
      '4000000000005126',
    )
    await stripe.refunds.create({ payment_intent: stripe_payment_intent_id ?? '' })
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 4))
    assert.deepEqual(await settledBalance(id), ['-407 USD'])
    await advance(1)
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 6))
    assert.deepEqual(await settledBalance(id), ['12593 USD'])
    assert.deepEqual(await texts(balanceOf(db, id, 'refunds')), [])
  })

  it('enters a dispute with its fee, and its money when it is won', async () => {
    const { id } = await buy('quarrel@example.com', 'all-access-annual', '4000000000000259')
    await eventually(async () =>
      assert.ok(
        (await ledgerOf(id)).includes(
          'dispute: disputes 13000 USD, stripe_balance -14500 USD, fees 1500 USD',
        ),
      ),
    )
    assert.deepEqual(await settledBalance(id), ['-1907 USD'])
    await answerDispute(id, 'winning_evidence')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'disputes')), []))
    assert.deepEqual(await settledBalance(id), ['11093 USD'])
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
    const { id } = await orderOf(email)
    assert.deepEqual(await ledgerOf(id), ['payment: discounts 13000 USD, sales -13000 USD'])
    assert.deepEqual(await settledBalance(id), [])
  })

  it('adds nothing when all of it is told again', async () => {
    const { id } = await orderOf('refunded@example.com')
    const before = await ledgerOf(id)
    await Promise.all([followLedger(deps, id), followLedger(deps, id), followLedger(deps, id)])
    assert.deepEqual(await ledgerOf(id), before)
  })
})

describe('an account that settles in another currency', () => {
  it('has both currencies meet in the exchange, each balanced by itself', async () => {
    await setAccount({ settlement_currency: 'eur' })
    const { id, stripe_payment_intent_id } = await buy(
      'abroad@example.com',
      'all-access-annual',
      '4000000000000259',
    )
    await answerDispute(id, 'winning_evidence')
    await eventually(async () => assert.deepEqual(await texts(balanceOf(db, id, 'disputes')), []))
    const [inEuro] = await settledBalance(id)
    assert.match(inEuro ?? '', /^\d+ EUR$/)
    assert.ok(stripe_payment_intent_id)
    const { id: second, stripe_payment_intent_id: intent } = await buy('abroad2@example.com')
    await settledBalance(second)
    await advance(12)
    await stripe.refunds.create({ payment_intent: intent ?? '', amount: 5000 })
    await eventually(async () =>
      assert.deepEqual(await texts(balanceOf(db, second, 'refunds')), ['5000 USD']),
    )
    await settledBalance(second)
    const exchanged = await texts(balanceOf(db, second, 'exchange'))
    assert.match(exchanged.join(), /^-\d+ EUR,8000 USD$/)
    await setAccount({ settlement_currency: null })
  })
})

describe('a fee that is known late', () => {
  it('leaves the money on its way until charge.updated', async () => {
    await setAccount({ balance_delay_s: 86_400 })
    const { id } = await buy('late@example.com')
    assert.deepEqual(await texts(balanceOf(db, id, 'stripe_pending')), ['13000 USD'])
    await followLedger(deps, id)
    assert.deepEqual(await ledgerOf(id), ['payment: stripe_pending 13000 USD, sales -13000 USD'])
    await advance(2)
    await eventually(async () => assert.equal((await ledgerOf(id)).length, 2))
    assert.deepEqual(await settledBalance(id), ['12593 USD'])
    await setAccount({ balance_delay_s: 0 })
  })
})
