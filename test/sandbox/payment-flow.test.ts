import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, cards, openSandbox, pay, post, refusal, successUrl, typed } from './support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

function open(params: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  return stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: plans.once.id, quantity: 1 }],
    success_url: successUrl,
    payment_intent_data: { metadata: { order: '2' } },
    ...params,
  })
}

async function paidIntent(session: Stripe.Checkout.Session): Promise<Stripe.PaymentIntent> {
  const paid = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent.latest_charge'],
  })
  assert.ok(paid.payment_intent && typeof paid.payment_intent === 'object')
  return paid.payment_intent
}

describe('a single payment, bought with the real client', () => {
  it('charges a guest and copies the metadata to intent and charge', async () => {
    const session = await open({ line_items: [{ price: plans.once.id, quantity: 2 }] })
    await pay(session)
    const intent = await paidIntent(session)
    const charge = intent.latest_charge as Stripe.Charge
    assert.equal(intent.status, 'succeeded')
    assert.equal(intent.amount_received, 26_000)
    assert.equal(intent.customer, null)
    assert.deepEqual(intent.metadata, { order: '2' })
    assert.deepEqual(charge.metadata, { order: '2' })
    assert.equal(charge.billing_details.email, 'alice@example.com')
    assert.equal((await stripe.checkout.sessions.list({ payment_intent: intent.id })).data[0]?.id, session.id)
  })

  it('brings the fee a moment after the charge', async () => {
    const session = await open()
    await pay(session)
    const intent = await paidIntent(session)
    const { id } = intent.latest_charge as Stripe.Charge
    const charge = await stripe.charges.retrieve(id, { expand: ['balance_transaction'] })
    const transaction = charge.balance_transaction as Stripe.BalanceTransaction
    assert.equal(transaction.fee, 407)
    assert.equal(transaction.net, 13_000 - 407)
    const told = await stripe.events.list({ types: ['charge.succeeded', 'charge.updated'] })
    const ofCharge = told.data.filter((event) => (event.data.object as Stripe.Charge).id === id)
    assert.deepEqual(
      ofCharge.map((event) => [event.type, (event.data.object as Stripe.Charge).balance_transaction]),
      [
        ['charge.updated', transaction.id],
        ['charge.succeeded', null],
      ],
    )
  })

  it('makes a customer where it is asked to', async () => {
    const session = await open({ customer_creation: 'always' })
    await pay(session, { email: 'bob@example.com' })
    const intent = await paidIntent(session)
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['customer'] })
    assert.equal((paid.customer as Stripe.Customer).email, 'bob@example.com')
    assert.equal(intent.customer, (paid.customer as Stripe.Customer).id)
  })

  it('lets the bank ask, and goes on after yes and after no', async () => {
    const session = await open()
    const url = session.url ?? ''
    const asked = await post(url, typed({ card_number: cards.asksAlways }))
    assert.equal(asked.status, 303)
    const bank = new URL(asked.headers.get('location') ?? '', url).href
    assert.match(await (await fetch(bank)).text(), /Complete authentication/)
    const no = await post(bank, { answer: 'fail' })
    assert.equal(no.status, 402)
    assert.match(await no.text(), /unable to authenticate/)
    const attempted = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] })
    const intent = attempted.payment_intent as Stripe.PaymentIntent
    assert.equal(intent.status, 'requires_payment_method')
    assert.equal(intent.last_payment_error?.code, 'payment_intent_authentication_failure')
    const again = await post(bank, { answer: 'complete' })
    assert.equal(again.headers.get('location'), `/pay/${session.id}`)
    await pay(session, { card_number: cards.asksAlways })
    const paid = await paidIntent(session)
    assert.equal(paid.id, intent.id)
    const charge = paid.latest_charge as Stripe.Charge
    assert.equal(charge.payment_method_details?.card?.three_d_secure?.result, 'authenticated')
  })

  it('names the decline on the intent and the charge', async () => {
    const session = await open()
    const answer = await post(session.url ?? '', typed({ card_number: cards.noFunds }))
    assert.match(await answer.text(), /insufficient funds/)
    const intent = (await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] }))
      .payment_intent as Stripe.PaymentIntent
    assert.equal(intent.last_payment_error?.decline_code, 'insufficient_funds')
    const [charge] = (await stripe.charges.list({ payment_intent: intent.id })).data
    assert.equal(charge?.status, 'failed')
    assert.equal(charge?.outcome?.reason, 'insufficient_funds')
  })

  it('pays once, however often the form is sent', async () => {
    const session = await open()
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(session.url ?? '', typed())))
    for (const answer of answers) {
      assert.equal(answer.headers.get('location'), `http://shop.test/return?session_id=${session.id}`)
    }
    const intent = await paidIntent(session)
    assert.equal((await stripe.charges.list({ payment_intent: intent.id })).data.length, 1)
  })

  it('takes nothing for an order that a coupon pays whole', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 100, duration: 'once' })
    const session = await open({ discounts: [{ coupon: coupon.id }] })
    assert.equal(session.amount_total, 0)
    const page = await (await fetch(session.url ?? '')).text()
    assert.doesNotMatch(page, /name="card_number"/)
    assert.equal((await post(session.url ?? '', { email: 'alice@example.com' })).status, 303)
    const paid = await stripe.checkout.sessions.retrieve(session.id)
    assert.equal(paid.payment_status, 'no_payment_required')
    assert.equal(paid.payment_intent, null)
    assert.equal((await stripe.coupons.retrieve(coupon.id)).times_redeemed, 1)
  })

  it('adds the tax of the buyer’s country where it is asked to', async () => {
    const session = await open({ automatic_tax: { enabled: true } })
    assert.equal(session.automatic_tax.status, 'requires_location_inputs')
    await pay(session, { country: 'DE' })
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] })
    assert.equal(paid.automatic_tax.status, 'complete')
    assert.equal(paid.total_details?.amount_tax, 2470)
    assert.equal(paid.amount_total, 15_470)
    assert.equal((paid.payment_intent as Stripe.PaymentIntent).amount, 15_470)
  })

  it('writes an invoice where it is asked to', async () => {
    const session = await open({ customer_creation: 'always', invoice_creation: { enabled: true } })
    await pay(session)
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice.payments'] })
    const invoice = paid.invoice as Stripe.Invoice
    assert.equal(invoice.status, 'paid')
    assert.equal(invoice.parent, null)
    assert.equal(invoice.payments?.data[0]?.payment.payment_intent, paid.payment_intent)
  })
})

describe('refunds', () => {
  it('are given in parts and once', async () => {
    const session = await open()
    await pay(session)
    const { id } = await paidIntent(session)
    const part = await stripe.refunds.create({ payment_intent: id, amount: 3000, metadata: { why: 'late' } })
    assert.equal(part.status, 'succeeded')
    const charge = await stripe.charges.retrieve(String(part.charge), { expand: ['refunds'] })
    assert.equal(charge.amount_refunded, 3000)
    assert.equal(charge.refunded, false)
    assert.equal(charge.refunds?.data.length, 1)
    const tooMuch = await refusal(stripe.refunds.create({ payment_intent: id, amount: 10_001 }))
    assert.match(
      tooMuch.message,
      /Refund amount \(\$100\.01\) is greater than unrefunded amount on charge \(\$100\.00\)/,
    )
    const rest = await stripe.refunds.create({ charge: charge.id, reason: 'duplicate' })
    assert.equal(rest.amount, 10_000)
    assert.equal((await stripe.charges.retrieve(charge.id)).refunded, true)
    assert.equal(
      (await refusal(stripe.refunds.create({ charge: charge.id }))).code,
      'charge_already_refunded',
    )
    const transaction = await stripe.balanceTransactions.retrieve(String(rest.balance_transaction))
    assert.deepEqual([transaction.amount, transaction.fee, transaction.type], [-10_000, 0, 'refund'])
    assert.deepEqual(
      (await stripe.refunds.list({ payment_intent: id })).data.map((refund) => refund.amount),
      [10_000, 3000],
    )
  })

  it('are given once when asked for at the same moment', async () => {
    const session = await open()
    await pay(session)
    const { id } = await paidIntent(session)
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => stripe.refunds.create({ payment_intent: id })),
    )
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
  })

  it('are refused for a charge whose dispute is not won, and for what was never paid', async () => {
    const session = await open()
    await pay(session, { card_number: cards.disputed })
    const { id } = await paidIntent(session)
    assert.equal((await refusal(stripe.refunds.create({ payment_intent: id }))).code, 'charge_disputed')
    const { data } = await stripe.disputes.list({ payment_intent: id })
    const evidence = { uncategorized_text: 'winning_evidence' }
    await stripe.disputes.update(data[0]?.id ?? '', { evidence, submit: true })
    assert.equal((await stripe.refunds.create({ payment_intent: id })).status, 'succeeded')
    const unpaid = await open()
    await post(unpaid.url ?? '', typed({ card_number: cards.declined }))
    const intent = (await stripe.checkout.sessions.retrieve(unpaid.id)).payment_intent
    const refused = await refusal(stripe.refunds.create({ payment_intent: String(intent) }))
    assert.equal(refused.statusCode, 400)
    const unknown = await refusal(stripe.refunds.create({ payment_intent: 'pi_nobody' }))
    assert.deepEqual([unknown.statusCode, unknown.code], [400, 'resource_missing'])
    assert.equal((await refusal(stripe.refunds.create({}))).code, 'parameter_missing')
  })
})

describe('disputes', () => {
  it('take the money at once and bring it back when they are won', async () => {
    const session = await open()
    await pay(session, { card_number: cards.disputed })
    const { id } = await paidIntent(session)
    const [dispute] = (await stripe.disputes.list({ payment_intent: id, expand: ['data.charge'] })).data
    assert.ok(dispute)
    assert.equal((dispute.charge as Stripe.Charge).disputed, true)
    assert.deepEqual(
      dispute.balance_transactions.map((one) => one.net),
      [-14_500],
    )
    const won = await stripe.disputes.update(dispute.id, {
      evidence: { uncategorized_text: 'winning_evidence' },
    })
    assert.equal(won.status, 'won')
    assert.deepEqual(
      won.balance_transactions.map((one) => one.net),
      [-14_500, 13_000],
    )
    const types = (await stripe.events.list({ types: ['charge.dispute.*'] })).data
      .filter((event) => (event.data.object as Stripe.Dispute).id === dispute.id)
      .map((event) => event.type)
      .reverse()
    assert.deepEqual(types, [
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
      'charge.dispute.closed',
      'charge.dispute.funds_reinstated',
    ])
    assert.equal((await refusal(stripe.disputes.close(dispute.id))).statusCode, 400)
  })

  it('are lost when they are given up', async () => {
    const session = await open()
    await pay(session, { card_number: cards.disputed })
    const [dispute] = (await stripe.disputes.list({ payment_intent: (await paidIntent(session)).id })).data
    assert.equal((await stripe.disputes.close(dispute?.id ?? '')).status, 'lost')
  })
})
