import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { openSandbox, post, refusal } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const pay = (payment_method: string, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ amount: 1000, currency: 'usd', payment_method, confirm: true, ...params })

describe('a payment intent over the API', () => {
  it('is made, confirmed and paid', async () => {
    const waiting = await stripe.paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      metadata: { a: '1' },
    })
    assert.equal(waiting.status, 'requires_payment_method')
    const paid = await stripe.paymentIntents.confirm(waiting.id, { payment_method: 'pm_card_visa' })
    assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 1000])
    const again = await refusal(stripe.paymentIntents.confirm(waiting.id, { payment_method: 'pm_card_visa' }))
    assert.equal(again.code, 'payment_intent_unexpected_state')
    assert.equal(
      (await refusal(stripe.paymentIntents.create({ amount: 10, currency: 'usd' }))).code,
      'amount_too_small',
    )
  })

  it('that a bank refuses is on record with why', async () => {
    const refused = await refusal(pay('pm_card_chargeDeclinedInsufficientFunds'))
    assert.deepEqual(
      [refused.statusCode, refused.type, refused.code, refused.decline_code],
      [402, 'StripeCardError', 'card_declined', 'insufficient_funds'],
    )
    const intent = await stripe.paymentIntents.retrieve(refused.payment_intent?.id ?? '')
    assert.equal(intent.status, 'requires_payment_method')
    assert.equal(intent.last_payment_error?.decline_code, 'insufficient_funds')
  })

  it('sends its payer to the bank, and back', async () => {
    const asked = await pay('pm_card_authenticationRequired', { return_url: 'http://shop.test/back' })
    assert.equal(asked.status, 'requires_action')
    const url = asked.next_action?.redirect_to_url?.url ?? ''
    const back = await post(url, { answer: 'complete' })
    assert.equal(
      back.headers.get('location'),
      `http://shop.test/back?payment_intent=${asked.id}&redirect_status=succeeded`,
    )
    assert.equal((await stripe.paymentIntents.retrieve(asked.id)).status, 'succeeded')
    const off = await refusal(pay('pm_card_authenticationRequired', { off_session: true }))
    assert.equal(off.code, 'authentication_required')
  })

  it('is cancelled once', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 1000, currency: 'usd' })
    const canceled = await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' })
    assert.deepEqual([canceled.status, canceled.cancellation_reason], ['canceled', 'abandoned'])
    assert.equal((await refusal(stripe.paymentIntents.cancel(intent.id))).statusCode, 400)
  })

  it('keeps the card for later where it is asked to', async () => {
    const customer = await stripe.customers.create({ email: 'alice@example.com' })
    const paid = await pay('pm_card_visa', { customer: customer.id, setup_future_usage: 'off_session' })
    const methods = await stripe.customers.listPaymentMethods(customer.id)
    assert.deepEqual(
      methods.data.map((one) => one.id),
      [paid.payment_method],
    )
    const bob = await stripe.customers.create({ email: 'bob@example.com' })
    const foreign = await refusal(pay(String(paid.payment_method), { customer: bob.id }))
    assert.equal(foreign.param, 'payment_method')
  })
})

describe('a set-up intent', () => {
  it('stores a card, is refused, or asks first', async () => {
    const customer = await stripe.customers.create({ email: 'carol@example.com' })
    const stored = await stripe.setupIntents.create({
      customer: customer.id,
      payment_method: 'pm_card_visa',
      confirm: true,
    })
    assert.equal(stored.status, 'succeeded')
    assert.equal((await stripe.customers.listPaymentMethods(customer.id)).data.length, 1)
    const intent = await stripe.setupIntents.create({ customer: customer.id })
    const refused = await refusal(
      stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_chargeDeclined' }),
    )
    assert.equal(refused.statusCode, 402)
    const asked = await stripe.setupIntents.confirm(intent.id, {
      payment_method: 'pm_card_authenticationRequiredOnSetup',
    })
    assert.equal(asked.status, 'requires_action')
    await post(asked.next_action?.redirect_to_url?.url ?? '', { answer: 'fail' })
    const failed = await stripe.setupIntents.retrieve(intent.id)
    assert.equal(failed.last_setup_error?.code, 'setup_intent_authentication_failure')
    assert.equal((await stripe.setupIntents.cancel(intent.id)).status, 'canceled')
  })
})

describe('payment methods', () => {
  it('are made of test cards alone, and belong to one customer at a time', async () => {
    const card = { number: '4242424242424242', exp_month: 1, exp_year: 2090, cvc: '123' }
    const method = await stripe.paymentMethods.create({ type: 'card', card })
    const [alice, bob] = [await stripe.customers.create({}), await stripe.customers.create({})]
    await stripe.paymentMethods.attach(method.id, { customer: alice.id })
    assert.equal(
      (await refusal(stripe.paymentMethods.attach(method.id, { customer: bob.id }))).statusCode,
      400,
    )
    assert.equal((await stripe.paymentMethods.detach(method.id)).customer, null)
    assert.equal((await refusal(stripe.paymentMethods.detach(method.id))).statusCode, 400)
    const real = { ...card, number: '4111111111111111' }
    assert.equal((await refusal(stripe.paymentMethods.create({ type: 'card', card: real }))).statusCode, 402)
    const declined = await refusal(
      stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: alice.id }),
    )
    assert.deepEqual([declined.statusCode, declined.code], [402, 'card_declined'])
  })
})
