import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, openSandbox, post, refusal, successUrl, typed } from './support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)
const euro = await stripe.prices.create({ product: plans.product.id, currency: 'eur', unit_amount: 12_000 })

const accounts = {
  pays: '000123456789',
  noFunds: '000222222227',
  closed: '000111111113',
  disputed: '000555555559',
  silent: '000000000009',
}
const account = (account_number: string) => ({
  pay_with: 'us_bank_account',
  account_number,
  routing_number: '110000000',
  card_number: '',
})
const iban = (number: string) => ({ pay_with: 'sepa_debit', iban: number, card_number: '' })

function open(price: Stripe.Price, params: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  return stripe.checkout.sessions.create({
    mode: price.recurring ? 'subscription' : 'payment',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: successUrl,
    ...params,
  })
}

/** Pays by debit, and is sent back to the shop at once. */
async function debit(price: Stripe.Price, fields: Record<string, string>): Promise<Stripe.Checkout.Session> {
  const session = await open(price)
  const answer = await post(session.url ?? '', typed(fields))
  assert.equal(answer.status, 303, await answer.text())
  return stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent.latest_charge'] })
}

/** The types of the events about these objects, oldest first. */
async function told(...ids: unknown[]): Promise<string[]> {
  const events: Stripe.Event[] = []
  for await (const event of stripe.events.list({ limit: 100 })) events.push(event)
  return events
    .filter(({ data }) => ids.includes((data.object as { id?: string }).id))
    .map(({ type }) => type)
    .reverse()
}

describe('a single payment by bank debit', () => {
  it('is processing for some days, then paid', async () => {
    const session = await debit(plans.once, account(accounts.pays))
    assert.deepEqual([session.status, session.payment_status], ['complete', 'unpaid'])
    assert.deepEqual(session.payment_method_types, ['card', 'us_bank_account'])
    const intent = session.payment_intent as Stripe.PaymentIntent
    const charge = intent.latest_charge as Stripe.Charge
    assert.deepEqual([intent.status, intent.amount_received], ['processing', 0])
    assert.deepEqual([charge.status, charge.paid, charge.balance_transaction], ['pending', false, null])
    const details = charge.payment_method_details?.us_bank_account
    assert.deepEqual([details?.last4, details?.routing_number], ['6789', '110000000'])
    const mandate = await stripe.mandates.retrieve(String(details?.mandate), { expand: ['payment_method'] })
    assert.deepEqual([mandate.status, mandate.payment_method_details.type], ['active', 'us_bank_account'])
    assert.equal((mandate.payment_method as Stripe.PaymentMethod).type, 'us_bank_account')
    await advance(sandbox, { days: 3 })
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'unpaid')
    await advance(sandbox, { days: 1 })
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'paid')
    const paid = await stripe.paymentIntents.retrieve(intent.id, {
      expand: ['latest_charge.balance_transaction'],
    })
    assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 13_000])
    const transaction = (paid.latest_charge as Stripe.Charge).balance_transaction as Stripe.BalanceTransaction
    assert.equal(transaction.fee, 104)
    assert.deepEqual(await told(session.id, intent.id, charge.id), [
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'checkout.session.completed',
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.async_payment_succeeded',
      'charge.updated',
    ])
  })

  it('fails days later, with the bank’s reason', async () => {
    const session = await debit(plans.once, account(accounts.closed))
    const intent = session.payment_intent as Stripe.PaymentIntent
    await advance(sandbox, { days: 4 })
    const failed = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] })
    assert.equal(failed.status, 'requires_payment_method')
    assert.equal(failed.last_payment_error?.code, 'account_closed')
    assert.equal(failed.last_payment_error?.payment_method?.type, 'us_bank_account')
    const charge = failed.latest_charge as Stripe.Charge
    assert.deepEqual(
      [charge.status, charge.failure_code, charge.balance_transaction],
      ['failed', 'account_closed', null],
    )
    const after = await stripe.checkout.sessions.retrieve(session.id)
    assert.deepEqual([after.status, after.payment_status], ['complete', 'unpaid'])
    assert.deepEqual((await told(session.id, intent.id, charge.id)).slice(-3), [
      'charge.failed',
      'payment_intent.payment_failed',
      'checkout.session.async_payment_failed',
    ])
  })

  it('in euros debits an IBAN', async () => {
    const session = await debit(euro, iban('DE89 3704 0044 0532 0130 00'))
    const charge = (session.payment_intent as Stripe.PaymentIntent).latest_charge as Stripe.Charge
    const details = charge.payment_method_details?.sepa_debit
    assert.deepEqual([details?.country, details?.last4, details?.bank_code], ['DE', '3000', '37040044'])
    await advance(sandbox, { days: 5 })
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'paid')
  })

  it('is refunded as slowly as it came', async () => {
    const session = await debit(plans.once, account(accounts.pays))
    const intent = session.payment_intent as Stripe.PaymentIntent
    const early = await refusal(stripe.refunds.create({ payment_intent: intent.id }))
    assert.equal(early.code, 'payment_intent_unexpected_state')
    await advance(sandbox, { days: 4 })
    const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 5000 })
    assert.equal(refund.status, 'pending')
    await advance(sandbox, { days: 3 })
    assert.equal((await stripe.refunds.retrieve(refund.id)).status, 'succeeded')
  })

  it('that the payer’s bank takes back is lost at once', async () => {
    const session = await debit(plans.once, account(accounts.disputed))
    const intent = session.payment_intent as Stripe.PaymentIntent
    await advance(sandbox, { days: 4 })
    const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data
    assert.deepEqual([dispute?.status, dispute?.reason], ['lost', 'debit_not_authorized'])
    assert.deepEqual(await told(dispute?.id), [
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.closed',
    ])
  })

  it('is answered by a person where the bank is silent, once', async () => {
    const sessions = [
      await debit(plans.once, account(accounts.silent)),
      await debit(plans.once, account(accounts.silent)),
    ]
    await advance(sandbox, { days: 40 })
    const pays = ['yes', 'no']
    for (const [index, session] of sessions.entries()) {
      const intent = session.payment_intent as Stripe.PaymentIntent
      assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'processing')
      const charge = (intent.latest_charge as Stripe.Charge).id
      assert.match(await (await fetch(sandbox.url)).text(), new RegExp(`/charges/${charge}/answer`))
      const act = () => post(`${sandbox.url}/charges/${charge}/answer`, { pays: pays[index] ?? '' })
      assert.equal((await act()).status, 303)
      assert.equal((await act()).status, 409)
    }
    const ended = await Promise.all(sessions.map(({ id }) => stripe.checkout.sessions.retrieve(id)))
    assert.deepEqual(
      ended.map((session) => session.payment_status),
      ['paid', 'unpaid'],
    )
  })

  it('is offered only where its currency and the shop allow it', async () => {
    const cardOnly = await open(plans.once, { allowed_payment_method_types: ['card'] })
    assert.deepEqual(cardOnly.payment_method_types, ['card'])
    const answer = await post(cardOnly.url ?? '', typed(account(accounts.pays)))
    assert.equal(answer.status, 422)
    const debitOnly = await open(plans.once, { allowed_payment_method_types: ['us_bank_account'] })
    assert.doesNotMatch(await (await fetch(debitOnly.url ?? '')).text(), /name="card_number"/)
    const foreign = await refusal(open(plans.once, { allowed_payment_method_types: ['sepa_debit'] }))
    assert.equal(foreign.param, 'allowed_payment_method_types')
    const page = await post((await open(plans.once)).url ?? '', typed(account('123')))
    assert.equal(page.status, 422)
    assert.match(await page.text(), /none of the test accounts/)
  })
})

describe('a subscription by bank debit', () => {
  it('is active while its first payment is processing, and paid later', async () => {
    const session = await debit(plans.monthly, account(accounts.pays))
    assert.deepEqual([session.status, session.payment_status], ['complete', 'unpaid'])
    const invoice = await stripe.invoices.retrieve(String(session.invoice), { expand: ['payments'] })
    assert.deepEqual([invoice.status, invoice.payments?.data[0]?.status], ['open', 'open'])
    const subscription = await stripe.subscriptions.retrieve(String(session.subscription))
    assert.equal(subscription.status, 'active')
    await advance(sandbox, { days: 4 })
    const paid = await stripe.invoices.retrieve(invoice.id)
    assert.deepEqual([paid.status, paid.amount_paid], ['paid', 1300])
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'paid')
    assert.deepEqual((await told(invoice.id, session.id)).slice(-4), [
      'invoice.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
      'checkout.session.async_payment_succeeded',
    ])
  })

  it('renews by the same mandate, after the bank’s days', async () => {
    const session = await debit(plans.monthly, account(accounts.pays))
    await advance(sandbox, { days: 32 })
    const [renewal] = (await stripe.invoices.list({ subscription: String(session.subscription) })).data
    assert.deepEqual([renewal?.billing_reason, renewal?.status], ['subscription_cycle', 'open'])
    const charges = await stripe.charges.list({ customer: String(session.customer) })
    assert.equal(charges.data[0]?.status, 'pending')
    const mandates = charges.data.map((one) => one.payment_method_details?.us_bank_account?.mandate)
    assert.equal(new Set(mandates).size, 1)
    assert.equal((await stripe.subscriptions.retrieve(String(session.subscription))).status, 'active')
    await advance(sandbox, { days: 4 })
    assert.equal((await stripe.invoices.retrieve(renewal?.id ?? '')).status, 'paid')
  })

  it('falls behind when its first payment fails, is tried again, and ends', async () => {
    const session = await debit(plans.monthly, account(accounts.noFunds))
    const id = String(session.subscription)
    await advance(sandbox, { days: 4 })
    const behind = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] })
    const invoice = behind.latest_invoice as Stripe.Invoice
    assert.deepEqual([behind.status, invoice.status, invoice.attempt_count], ['past_due', 'open', 1])
    assert.ok(invoice.next_payment_attempt)
    assert.deepEqual((await told(session.id)).slice(-1), ['checkout.session.async_payment_failed'])
    await advance(sandbox, { days: 2 })
    const charges = await stripe.charges.list({ customer: String(session.customer) })
    assert.deepEqual(
      charges.data.map((one) => one.status),
      ['pending', 'failed'],
    )
    await advance(sandbox, { days: 60 })
    const ended = await stripe.subscriptions.retrieve(id)
    assert.deepEqual([ended.status, ended.cancellation_details?.reason], ['canceled', 'payment_failed'])
    assert.equal((await told(session.id)).filter((type) => type.includes('async')).length, 1)
  })

  it('with a trial stores the account and debits it when the trial ends', async () => {
    const session = await open(plans.monthly, { subscription_data: { trial_period_days: 7 } })
    assert.equal((await post(session.url ?? '', typed(account(accounts.pays)))).status, 303)
    const done = await stripe.checkout.sessions.retrieve(session.id)
    assert.equal(done.payment_status, 'no_payment_required')
    await advance(sandbox, { days: 8 })
    const [charge] = (await stripe.charges.list({ customer: String(done.customer) })).data
    assert.equal(charge?.status, 'pending')
    await advance(sandbox, { days: 4 })
    const [invoice] = (await stripe.invoices.list({ subscription: String(done.subscription) })).data
    assert.deepEqual([invoice?.status, invoice?.amount_paid], ['paid', 1300])
  })
})

describe('a bank account over the API', () => {
  const mandate_data = {
    customer_acceptance: { type: 'online' as const, online: { ip_address: '127.0.0.1', user_agent: 'test' } },
  }

  it('needs a mandate, then is processing, and pays an incomplete subscription', async () => {
    const needs = await refusal(
      stripe.paymentIntents.create({
        amount: 2000,
        currency: 'usd',
        payment_method: 'pm_usBankAccount_success',
        confirm: true,
      }),
    )
    assert.match(needs.message, /requires a mandate/)
    const intent = await stripe.paymentIntents.create({
      amount: 2000,
      currency: 'eur',
      payment_method: 'pm_success_de',
      confirm: true,
      mandate_data,
    })
    assert.equal(intent.status, 'processing')
    const foreign = await refusal(
      stripe.paymentIntents.create({
        amount: 2000,
        currency: 'usd',
        payment_method: 'pm_success_de',
        confirm: true,
        mandate_data,
      }),
    )
    assert.match(foreign.message, /not allowed for this PaymentIntent/)
    const customer = await stripe.customers.create({ email: 'carol@example.com' })
    const method = await stripe.paymentMethods.attach('pm_usBankAccount_success', { customer: customer.id })
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plans.monthly.id }],
      default_payment_method: method.id,
    })
    assert.equal(subscription.status, 'active')
    await advance(sandbox, { days: 5 })
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded')
    const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data
    assert.equal(invoice?.status, 'paid')
  })

  it('can be made from its numbers, and an intent that is processing can be cancelled', async () => {
    const method = await stripe.paymentMethods.create({
      type: 'us_bank_account',
      us_bank_account: {
        account_number: accounts.silent,
        routing_number: '110000000',
        account_holder_type: 'individual',
      },
      billing_details: { name: 'Carol' },
    })
    assert.equal(method.us_bank_account?.last4, '0009')
    const intent = await stripe.paymentIntents.create({
      amount: 2000,
      currency: 'usd',
      payment_method: method.id,
      confirm: true,
      mandate_data,
    })
    assert.equal(intent.status, 'processing')
    assert.equal((await stripe.paymentIntents.cancel(intent.id)).status, 'canceled')
    const [charge] = (await stripe.charges.list({ payment_intent: intent.id })).data
    assert.equal(charge?.status, 'failed')
    const wrong = await refusal(
      stripe.paymentMethods.create({ type: 'sepa_debit', sepa_debit: { iban: 'DE00' } }),
    )
    assert.equal(wrong.param, 'sepa_debit[iban]')
  })

  it('is stored without money, with the mandate that later debits name', async () => {
    const customer = await stripe.customers.create({ email: 'dora@example.com' })
    const allowed_payment_method_types = ['us_bank_account' as const]
    const make = (params: Stripe.SetupIntentCreateParams) =>
      stripe.setupIntents.create({ customer: customer.id, confirm: true, mandate_data, ...params })
    const card = await refusal(make({ allowed_payment_method_types, payment_method: 'pm_card_visa' }))
    assert.match(card.message, /not allowed for this SetupIntent/)
    const setUp = await make({ allowed_payment_method_types, payment_method: 'pm_usBankAccount_success' })
    assert.equal(setUp.status, 'succeeded')
    const intent = await stripe.paymentIntents.create({
      amount: 2000,
      currency: 'usd',
      customer: customer.id,
      payment_method: String(setUp.payment_method),
      off_session: true,
      confirm: true,
      expand: ['latest_charge'],
    })
    const details = (intent.latest_charge as Stripe.Charge).payment_method_details?.us_bank_account
    assert.deepEqual([intent.status, details?.mandate], ['processing', setUp.mandate])
  })

  it('is asked once for an invoice, which cannot be voided meanwhile', async () => {
    const customer = await stripe.customers.create({ email: 'eve@example.com' })
    const method = await stripe.paymentMethods.attach('pm_usBankAccount_success', { customer: customer.id })
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plans.monthly.id }],
      default_payment_method: method.id,
    })
    const invoice = String(subscription.latest_invoice)
    assert.equal((await stripe.invoices.pay(invoice)).status, 'open')
    assert.match(
      (await refusal(stripe.invoices.voidInvoice(invoice))).message,
      /while its payment is processing/,
    )
    assert.equal((await stripe.charges.list({ customer: customer.id })).data.length, 1)
    await advance(sandbox, { days: 5 })
    assert.equal((await stripe.invoices.retrieve(invoice)).status, 'paid')
  })
})
