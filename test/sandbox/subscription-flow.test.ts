import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, cards, drained, eventually, openSandbox, pay, post, successUrl, typed } from './support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

function open(params: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    ui_mode: 'hosted_page',
    line_items: [{ price: plans.annual.id, quantity: 1 }],
    success_url: successUrl,
    cancel_url: 'http://shop.test/cart',
    client_reference_id: 'order-1',
    metadata: { order: '1' },
    subscription_data: { metadata: { order: '1' } },
    adaptive_pricing: { enabled: false },
    ...params,
  })
}

describe('a subscription, bought with the real client', () => {
  it('opens a session that waits to be paid', async () => {
    const session = await open({ expand: ['line_items'] })
    assert.equal(session.status, 'open')
    assert.equal(session.payment_status, 'unpaid')
    assert.equal(session.amount_subtotal, 13_000)
    assert.equal(session.amount_total, 13_000)
    assert.equal(session.customer, null)
    assert.equal(session.payment_intent, null)
    assert.equal(session.subscription, null)
    assert.equal(session.url, `${sandbox.url}/pay/${session.id}`)
    assert.equal(session.line_items?.data[0]?.amount_total, 13_000)
    assert.equal(session.expires_at - session.created, 86_400)
  })

  it('makes customer, subscription and paid invoice when it is paid', async () => {
    const session = await open()
    const answer = await post(session.url ?? '', typed())
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), `http://shop.test/return?session_id=${session.id}`)
    const paid = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['customer', 'subscription.latest_invoice.payments'],
    })
    assert.equal(paid.status, 'complete')
    assert.equal(paid.payment_status, 'paid')
    assert.equal(paid.url, null)
    assert.equal(paid.payment_intent, null)
    assert.equal(paid.customer_details?.email, 'alice@example.com')
    const customer = paid.customer as Stripe.Customer
    assert.equal(customer.email, 'alice@example.com')
    const subscription = paid.subscription as Stripe.Subscription
    assert.equal(subscription.status, 'active')
    assert.deepEqual(subscription.metadata, { order: '1' })
    const item = subscription.items.data[0]
    assert.ok(item && item.current_period_end > item.current_period_start + 364 * 86_400)
    const invoice = subscription.latest_invoice as Stripe.Invoice
    assert.equal(invoice.status, 'paid')
    assert.equal(invoice.billing_reason, 'subscription_create')
    assert.equal(invoice.parent?.subscription_details?.subscription, subscription.id)
    assert.equal(invoice.amount_paid, 13_000)
    assert.equal(paid.invoice, invoice.id)
    const intent = invoice.payments?.data[0]?.payment.payment_intent
    const found = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: String(intent) },
    })
    assert.equal(found.data[0]?.invoice, invoice.id)
  })

  it('leaves nothing behind but an attempt when the bank says no, and can be paid after it', async () => {
    const session = await open()
    const declined = await post(
      session.url ?? '',
      typed({ card_number: cards.declined, email: 'bob@example.com' }),
    )
    assert.equal(declined.status, 402)
    const page = await declined.text()
    assert.match(page, /Your card was declined\./)
    assert.match(page, /bob@example\.com/)
    assert.match(page, /name="card_number" value=""/)
    assert.match(page, /name="cvc" value=""/)
    assert.deepEqual((await stripe.customers.list({ email: 'bob@example.com' })).data, [])
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'open')
    await pay(session, { email: 'bob@example.com' })
    assert.equal((await stripe.customers.list({ email: 'bob@example.com' })).data.length, 1)
  })

  it('tells of all of it, signed', async () => {
    await drained(sandbox)
    sandbox.receiver.events.length = 0
    await pay(await open({ metadata: { order: '7' } }), { email: 'carol@example.com' })
    const types = () => sandbox.receiver.events.map((event) => event.type)
    await eventually(() => types().length === 15, `15 events`)
    assert.deepEqual(types().sort(), [
      'charge.succeeded',
      'charge.updated',
      'checkout.session.completed',
      'customer.created',
      'customer.subscription.created',
      'customer.updated',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice.updated',
      'invoice_payment.paid',
      'payment_intent.created',
      'payment_intent.succeeded',
      'payment_method.attached',
    ])
    const completed = sandbox.receiver.events.find((event) => event.type === 'checkout.session.completed')
    assert.equal(completed?.api_version, '2026-10-28.endive')
    assert.deepEqual(
      completed?.data.object && 'metadata' in completed.data.object && completed.data.object.metadata,
      { order: '7' },
    )
    assert.deepEqual(completed?.request, { id: null, idempotency_key: null })
  })

  it('starts a trial without money, and stores the card', async () => {
    const session = await open({ subscription_data: { trial_period_days: 14 } })
    assert.equal(session.amount_subtotal, 0)
    assert.equal(session.amount_total, 0)
    await pay(session)
    const paid = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['subscription.default_payment_method', 'invoice'],
    })
    assert.equal(paid.payment_status, 'no_payment_required')
    const subscription = paid.subscription as Stripe.Subscription
    assert.equal(subscription.status, 'trialing')
    assert.equal((subscription.trial_end ?? 0) - subscription.created, 14 * 86_400)
    assert.equal((subscription.default_payment_method as Stripe.PaymentMethod).card?.last4, '4242')
    assert.equal((paid.invoice as Stripe.Invoice).total, 0)
    assert.equal((paid.invoice as Stripe.Invoice).status, 'paid')
  })

  it('keeps the customer that the session names, though a wallet gives another address', async () => {
    const customer = await stripe.customers.create({ email: 'dora@example.com' })
    const session = await open({ customer: customer.id })
    const page = await (await fetch(session.url ?? '')).text()
    assert.match(page, /name="email" value="dora@example\.com"/)
    await pay(session, { email: 'someone-else@example.com' })
    const paid = await stripe.checkout.sessions.retrieve(session.id)
    assert.equal(paid.customer, customer.id)
    assert.equal(paid.customer_details?.email, 'someone-else@example.com')
    assert.equal(((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).currency, 'usd')
  })
})
