import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, subscribe, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'
const disputedCard = '4000000000000259'

async function advance(days: number): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ days }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

function orderOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
}

async function showsFully(visitor: Visitor): Promise<boolean> {
  return (await visitor.get(quds)).text.includes('data-access="full"')
}

/** Charges of an order, the newest first. */
async function chargesOf(email: string) {
  const { stripe_customer_id: customer } = await orderOf(email)
  return (await stripe.charges.list({ customer: customer ?? '' })).data
}

describe('an order that was refunded in full', () => {
  it('opens again with the next renewal that is paid', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'alice@example.com', 'all-access-monthly')
    await stripe.refunds.create({
      payment_intent: (await orderOf('alice@example.com')).stripe_payment_intent_id ?? '',
    })
    await eventually(async () => assert.equal((await orderOf('alice@example.com')).state, 'refunded'))
    assert.equal(await showsFully(reader), false)
    await advance(32)
    await eventually(async () => {
      assert.equal((await orderOf('alice@example.com')).state, 'partly_refunded')
      assert.equal(await showsFully(reader), true)
    })
  })
})

describe('an order with several payments', () => {
  it('is no more than partly refunded when its dispute is won', async () => {
    const email = 'bob@example.com'
    const reader = newsstand.visitor()
    await choose(reader, 'all-access-monthly')
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email, disputedCard))).expect(303)
    await eventually(async () => assert.equal((await orderOf(email)).state, 'disputed'))
    const { stripe_subscription_id: id, stripe_customer_id: customer } = await orderOf(email)
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer ?? '' })
    await stripe.subscriptions.update(id ?? '', { default_payment_method: method.id })
    await advance(32)
    const [renewal] = await chargesOf(email)
    await stripe.refunds.create({ charge: renewal?.id ?? '', amount: 300 })
    await eventually(async () => assert.equal((await orderOf(email)).refunded, 300))
    assert.equal((await orderOf(email)).state, 'disputed')
    await answerDisputes(email, 'winning_evidence')
    await eventually(async () => {
      assert.equal((await orderOf(email)).state, 'partly_refunded')
      assert.equal(await showsFully(reader), true)
    })
  })

  it('stays disputed while one of two disputes is open', async () => {
    const email = 'carol@example.com'
    const reader = newsstand.visitor()
    await choose(reader, 'all-access-monthly')
    await reader.get(wayBack(await pay(await goToPayment(reader, email), email, disputedCard))).expect(303)
    await advance(32)
    await eventually(async () => assert.equal((await disputesOf(email)).length, 2))
    await answerDisputes(email, 'winning_evidence', 1)
    await eventually(async () =>
      assert.equal((await disputesOf(email)).filter(({ state }) => state === 'won').length, 1),
    )
    assert.equal((await orderOf(email)).state, 'disputed')
    assert.equal(await showsFully(reader), false)
    await answerDisputes(email, 'winning_evidence')
    await eventually(async () => {
      assert.equal((await orderOf(email)).state, 'paid')
      assert.equal(await showsFully(reader), true)
    })
  })
})

async function disputesOf(email: string) {
  const { id } = await orderOf(email)
  return db.selectFrom('disputes').selectAll().where('order_id', '=', id).execute()
}

async function answerDisputes(email: string, evidence: string, most = 10): Promise<void> {
  const open = (await disputesOf(email)).filter(({ state }) => state === 'needs_response')
  for (const { stripe_dispute_id: id } of open.slice(0, most))
    await stripe.disputes.update(id, { evidence: { uncategorized_text: evidence }, submit: true })
}
