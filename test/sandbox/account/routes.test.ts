import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type Stripe from 'stripe'
import { advance, cards, openSandbox, pay, post, successUrl } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const atFirst = { settlement_currency: null, balance_delay_s: 0 }

function set(body: object) {
  return fetch(`${sandbox.url}/account`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function sell(currency: string, unit_amount: number, card = cards.good): Promise<Stripe.Charge> {
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price_data: { currency, unit_amount, product_data: { name: 'A year' } }, quantity: 1 }],
    success_url: successUrl,
  })
  await pay(session, { card_number: card })
  const { payment_intent } = await stripe.checkout.sessions.retrieve(session.id)
  const [charge] = (await stripe.charges.list({ payment_intent: String(payment_intent) })).data
  assert.ok(charge)
  return charge
}

function transactionsOf(source: string): Promise<Stripe.BalanceTransaction[]> {
  return stripe.balanceTransactions.list({ source }).then((list) => list.data)
}

describe('the account', () => {
  afterEach(() => set(atFirst))

  it('is paid in the currency of each charge at first', async () => {
    assert.deepEqual(await (await fetch(`${sandbox.url}/account`)).json(), atFirst)
    const [transaction] = await transactionsOf((await sell('eur', 10_000)).id)
    assert.equal(transaction?.currency, 'eur')
    assert.equal(transaction?.exchange_rate, null)
    assert.deepEqual([transaction?.amount, transaction?.fee], [10_000, 320])
  })

  it('is paid in dollars for euros where that is set, at the rate of the day', async () => {
    assert.equal((await set({ settlement_currency: 'usd' })).status, 200)
    assert.equal((await stripe.accounts.retrieveCurrent()).default_currency, 'usd')
    const charge = await sell('eur', 10_000)
    const [transaction] = await transactionsOf(charge.id)
    assert.ok(transaction)
    const rate = transaction.exchange_rate ?? 0
    assert.ok(rate > 1.06 && rate < 1.12, String(rate))
    assert.equal(transaction.currency, 'usd')
    assert.equal(transaction.amount, Math.round(10_000 * rate))
    const fees = transaction.fee_details.map((fee) => [fee.currency, fee.amount])
    assert.deepEqual(fees, [
      ['usd', Math.round(transaction.amount * 0.029) + 30],
      ['usd', Math.round(transaction.amount * 0.01)],
    ])
    assert.equal(
      transaction.fee,
      transaction.fee_details.reduce((sum, fee) => sum + fee.amount, 0),
    )
    assert.equal(transaction.net, transaction.amount - transaction.fee)
    await advance(sandbox, { days: 12 })
    const refund = await stripe.refunds.create({ charge: charge.id })
    assert.deepEqual([refund.amount, refund.currency], [10_000, 'eur'])
    const back = await stripe.balanceTransactions.retrieve(String(refund.balance_transaction))
    assert.notEqual(back.exchange_rate, rate)
    assert.equal(back.amount, -Math.round(10_000 * (back.exchange_rate ?? 0)))
    assert.deepEqual([back.currency, back.fee], ['usd', 0])
  })

  it('exchanges a currency without minor units, and a dispute with its fee', async () => {
    await set({ settlement_currency: 'usd' })
    const charge = await sell('jpy', 15_000, cards.disputed)
    const [transaction] = await transactionsOf(charge.id)
    assert.equal(transaction?.amount, Math.round(15_000 * (transaction?.exchange_rate ?? 0) * 100))
    const [dispute] = (await stripe.disputes.list({ charge: charge.id })).data
    assert.deepEqual([dispute?.amount, dispute?.currency], [15_000, 'jpy'])
    const [taken] = dispute?.balance_transactions ?? []
    assert.deepEqual([taken?.currency, taken?.amount, taken?.fee], ['usd', -(transaction?.amount ?? 0), 1500])
  })

  it('learns what a charge cost as late as is set, and is told by charge.updated', async () => {
    await set({ balance_delay_s: 2 * 86_400 })
    const charge = await sell('usd', 13_000)
    assert.equal(charge.balance_transaction, null)
    const updates = async () =>
      (await stripe.events.list({ type: 'charge.updated' })).data.filter(
        (event) => (event.data.object as Stripe.Charge).id === charge.id,
      )
    await advance(sandbox, { days: 1 })
    assert.equal((await stripe.charges.retrieve(charge.id)).balance_transaction, null)
    assert.equal((await updates()).length, 0)
    await advance(sandbox, { days: 1 })
    const known = await stripe.charges.retrieve(charge.id, { expand: ['balance_transaction'] })
    assert.equal((known.balance_transaction as Stripe.BalanceTransaction).fee, 407)
    const [update] = await updates()
    assert.deepEqual(update?.data.previous_attributes, { balance_transaction: null })
    await advance(sandbox, { days: 10 })
    assert.equal((await transactionsOf(charge.id)).length, 1)
  })

  it('refuses what makes no sense, with the reason', async () => {
    for (const body of [
      { settlement_currency: 'doubloon' },
      { balance_delay_s: -1 },
      { balance_delay_s: 'soon' },
      { x: 1 },
    ]) {
      const answer = await set(body)
      assert.equal(answer.status, 422, JSON.stringify(body))
      assert.match(await answer.text(), new RegExp(Object.keys(body)[0] ?? ''))
    }
    const page = await post(`${sandbox.url}/account`, { balance_delay_s: '1.5' })
    assert.equal(page.status, 422)
    assert.match(await page.text(), /role="alert">balance_delay_s must be/)
    assert.deepEqual(await (await fetch(`${sandbox.url}/account`)).json(), atFirst)
  })

  it('is set by the form, of which an empty currency means none', async () => {
    const answer = await post(`${sandbox.url}/account`, { settlement_currency: 'gbp', balance_delay_s: '60' })
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/account'])
    assert.deepEqual(await (await fetch(`${sandbox.url}/account`)).json(), {
      settlement_currency: 'gbp',
      balance_delay_s: 60,
    })
    await post(`${sandbox.url}/account`, { settlement_currency: '', balance_delay_s: '0' })
    assert.deepEqual(await (await fetch(`${sandbox.url}/account`)).json(), atFirst)
  })
})
