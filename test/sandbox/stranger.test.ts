import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import Stripe from 'stripe'
import { freePort, startProgram } from '../simulate/program.ts'
import { cloneDatabase } from '../support/database.ts'
import { openReceiver, refusal } from './support.ts'

/*
 * Another program than ours: it knows the `stripe` package and the address that `npm run sandbox` prints. Whatever it
 * learns it learns from the API, from events, and from the clock's own address.
 */
const database = await cloneDatabase()
const receiver = await openReceiver({ secret: null })
const sandbox = await startProgram(
  'src/start-sandbox.ts',
  { DATABASE_URL: database.url, SANDBOX_PORT: String(await freePort()), SANDBOX_WEBHOOK_URL: receiver.url },
  /The sandbox: (http:\S+),/,
)
after(async () => {
  await sandbox.end('SIGTERM')
  await receiver.close()
  await database.drop()
})
const { hostname, port } = new URL(sandbox.url)
const stripe = new Stripe('sk_test_sandbox', { host: hostname, port: Number(port), protocol: 'http' })

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(sandbox.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200, await answer.text())
}
const pass = (days: number) => post('/clock/advance', { days })

/** The types of the events about an object, oldest first, whatever page they are on. */
async function storyOf(id: string, type = '*'): Promise<string[]> {
  const types: string[] = []
  for await (const event of stripe.events.list({ type, limit: 50 })) {
    if ((event.data.object as { id?: string }).id === id) types.unshift(event.type)
  }
  return types
}

const product = await stripe.products.create({ name: 'The Paper' })
const price = (unit_amount: number, interval: 'month' | 'year', lookup_key: string) =>
  stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount,
    recurring: { interval },
    lookup_key,
  })
const monthly = await price(1300, 'month', 'monthly')
const dearer = await price(2600, 'month', 'dearer')

/** A customer who pays by a ready-made card. */
async function customerWith(card: string): Promise<{ customer: string; card: string }> {
  const customer = await stripe.customers.create({ email: `${card}@example.com` })
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id })
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } })
  return { customer: customer.id, card: method.id }
}

async function subscribed(
  card = 'pm_card_visa',
  params: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  const { customer } = await customerWith(card)
  return stripe.subscriptions.create({ customer, items: [{ price: monthly.id }], ...params })
}

async function paid(card = 'pm_card_visa', amount = 5000): Promise<Stripe.PaymentIntent> {
  const intent = await stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    payment_method: card,
    confirm: true,
    return_url: 'http://shop.test/',
  })
  assert.equal(intent.status, 'succeeded')
  return intent
}

describe('a customer made with a card', () => {
  it('pays by it where one name stands for both', async () => {
    const own = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } })
    for (const [name, brand] of [
      ['pm_card_visa', 'visa'],
      [own.id, 'mastercard'],
    ] as const) {
      const settings = { default_payment_method: name, footer: 'Thank you' }
      const { id } = await stripe.customers.create({ payment_method: name, invoice_settings: settings })
      const { invoice_settings } = (await stripe.customers.retrieve(id)) as Stripe.Customer
      const { data } = await stripe.customers.listPaymentMethods(id)
      assert.deepEqual(
        data.map((method) => [method.id, method.card?.brand]),
        [[invoice_settings.default_payment_method, brand]],
      )
      assert.equal(invoice_settings.footer, 'Thank you')
      const items = [{ price: monthly.id }]
      assert.equal((await stripe.subscriptions.create({ customer: id, items })).status, 'active')
    }
  })

  it('is refused where the default is another card, and is not made', async () => {
    const other = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })
    const error = await refusal(
      stripe.customers.create({
        email: 'nobody@example.com',
        payment_method: 'pm_card_visa',
        invoice_settings: { default_payment_method: other.id },
      }),
    )
    assert.equal(error.statusCode, 400)
    assert.deepEqual((await stripe.customers.list({ email: 'nobody@example.com' })).data, [])
  })
})

describe('a program that we did not write', () => {
  it('finds a price by its lookup key, and moves the key', async () => {
    const [found] = (await stripe.prices.list({ lookup_keys: ['monthly'] })).data
    assert.equal(found?.id, monthly.id)
    const taken = await refusal(price(1400, 'month', 'monthly'))
    assert.equal(taken.code, 'resource_already_exists')
  })

  it('runs a trial to its end: warned, invoiced, paid', async () => {
    const subscription = await subscribed('pm_card_visa', { trial_period_days: 10 })
    assert.equal(subscription.status, 'trialing')
    await pass(11)
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    const invoice = after.latest_invoice as Stripe.Invoice
    assert.deepEqual([after.status, invoice.status, invoice.amount_paid], ['active', 'paid', 1300])
    const story = await storyOf(subscription.id, 'customer.subscription.*')
    assert.deepEqual(story, [
      'customer.subscription.created',
      'customer.subscription.trial_will_end',
      'customer.subscription.updated',
    ])
  })

  it('previews a change of plan, makes it, and is billed what it saw', async () => {
    const subscription = await subscribed()
    await pass(10)
    const item = subscription.items.data[0]?.id ?? ''
    const change = { items: [{ id: item, price: dearer.id }], proration_behavior: 'always_invoice' as const }
    const proration_date = Math.floor(Date.parse(await now()) / 1000)
    const seen = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { ...change, proration_date },
    })
    const changed = await stripe.subscriptions.update(subscription.id, {
      ...change,
      proration_date,
      expand: ['latest_invoice.payments'],
    })
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.equal(invoice.total, seen.total)
    assert.deepEqual(
      invoice.lines.data.map((line) => line.parent?.subscription_item_details?.proration),
      [true, true],
    )
    assert.equal(invoice.payments?.data[0]?.status, 'paid')
  })

  it('pauses collection and the subscription itself, and goes on', async () => {
    const subscription = await subscribed()
    await stripe.subscriptions.update(subscription.id, { pause_collection: { behavior: 'void' } })
    await pass(32)
    const [voided] = (await stripe.invoices.list({ subscription: subscription.id })).data
    assert.equal(voided?.status, 'void')
    await stripe.subscriptions.update(subscription.id, { pause_collection: '' })
    await stripe.subscriptions.pause(subscription.id)
    await pass(62)
    assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 2)
    const resumed = await stripe.subscriptions.resume(subscription.id)
    assert.equal(resumed.status, 'active')
    assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data[0]?.status, 'paid')
  })

  it('cancels at the period’s end, and now', async () => {
    const ending = await subscribed()
    await stripe.subscriptions.update(ending.id, { cancel_at_period_end: true })
    const ended = await subscribed()
    assert.equal((await stripe.subscriptions.cancel(ended.id)).status, 'canceled')
    assert.equal((await storyOf(ended.id)).at(-1), 'customer.subscription.deleted')
    await pass(32)
    assert.equal((await stripe.subscriptions.retrieve(ending.id)).status, 'canceled')
    assert.equal((await storyOf(ending.id)).at(-1), 'customer.subscription.deleted')
    for (const subscription of [ending.id, ended.id]) {
      assert.equal((await stripe.invoices.list({ subscription })).data.length, 1)
    }
  })

  it('sees a renewal fail, be tried again, and end the subscription; and one that a new card saves', async () => {
    const [lost, saved] = [await subscribed(), await subscribed()]
    for (const { id, customer } of [lost, saved]) {
      const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
        customer: String(customer),
      })
      await stripe.subscriptions.update(id, { default_payment_method: bad.id })
    }
    await pass(34)
    assert.equal((await stripe.subscriptions.retrieve(saved.id)).status, 'past_due')
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: String(saved.customer) })
    await stripe.subscriptions.update(saved.id, { default_payment_method: good.id })
    await pass(20)
    assert.equal((await stripe.subscriptions.retrieve(saved.id)).status, 'active')
    const gone = await stripe.subscriptions.retrieve(lost.id, { expand: ['latest_invoice'] })
    assert.deepEqual([gone.status, gone.cancellation_details?.reason], ['canceled', 'payment_failed'])
    const failures = await storyOf((gone.latest_invoice as Stripe.Invoice).id ?? '', 'invoice.payment_failed')
    assert.equal(failures.length, 8)
  })

  it('sees a card expire', async () => {
    const { customer } = await customerWith('pm_card_visa')
    const soon = new Date(Date.parse(await now()) + 10 * 86_400_000)
    const card = await stripe.paymentMethods.create({
      type: 'card',
      card: {
        number: '4242424242424242',
        exp_month: soon.getUTCMonth() + 1,
        exp_year: soon.getUTCFullYear(),
        cvc: '123',
      },
    })
    await stripe.paymentMethods.attach(card.id, { customer })
    const subscription = await stripe.subscriptions.create({
      customer,
      items: [{ price: monthly.id }],
      default_payment_method: card.id,
    })
    assert.equal(subscription.status, 'active')
    await pass(75)
    const [failed] = (await stripe.charges.list({ customer })).data
    assert.equal(failed?.failure_code, 'expired_card')
  })

  it('refunds a part, the rest, and sees a refund fail', async () => {
    const intent = await paid()
    await stripe.refunds.create({ payment_intent: intent.id, amount: 1000 })
    await stripe.refunds.create({ payment_intent: intent.id, reason: 'requested_by_customer' })
    const charge = await stripe.charges.retrieve(String(intent.latest_charge), { expand: ['refunds'] })
    assert.deepEqual([charge.refunded, charge.amount_refunded], [true, 5000])
    assert.deepEqual(
      charge.refunds?.data.map((refund) => refund.amount),
      [4000, 1000],
    )
    const again = await refusal(stripe.refunds.create({ payment_intent: intent.id }))
    assert.equal(again.code, 'charge_already_refunded')
    const failing = await stripe.refunds.create({ payment_intent: (await paid('pm_card_refundFail')).id })
    await pass(1)
    const failed = await stripe.refunds.retrieve(failing.id)
    assert.deepEqual([failed.status, failed.failure_reason], ['failed', 'expired_or_canceled_card'])
    assert.deepEqual(await storyOf(failing.id), ['refund.created', 'refund.failed'])
  })

  it('wins a dispute and loses another, with the money as it goes', async () => {
    for (const [uncategorized_text, status] of [
      ['winning_evidence', 'won'],
      ['losing_evidence', 'lost'],
    ] as const) {
      const intent = await paid('pm_card_createDispute')
      const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data
      assert.equal(dispute?.status, 'needs_response')
      const ended = await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text } })
      assert.equal(ended.status, status)
      const nets = ended.balance_transactions.map((one) => one.net)
      assert.deepEqual(nets, status === 'won' ? [-6500, 5000] : [-6500])
      const story = await storyOf(ended.id)
      assert.ok(story.includes('charge.dispute.funds_withdrawn'))
      assert.equal(story.includes('charge.dispute.funds_reinstated'), status === 'won')
    }
  })

  it('has money that becomes available, and a balance that says so', async () => {
    const intent = await stripe.paymentIntents.retrieve((await paid()).id, {
      expand: ['latest_charge.balance_transaction'],
    })
    const first = (intent.latest_charge as Stripe.Charge).balance_transaction as Stripe.BalanceTransaction
    assert.deepEqual([first.status, first.fee, first.net], ['pending', 175, 4825])
    const pending = (await stripe.balance.retrieve()).pending.find(({ currency }) => currency === 'usd')
    assert.ok((pending?.amount ?? 0) >= 4825)
    await pass(3)
    assert.equal((await stripe.balanceTransactions.retrieve(first.id)).status, 'available')
    const listed = await stripe.balanceTransactions.list({ source: String(first.source) })
    assert.equal(listed.data[0]?.status, 'available')
  })

  it('opens a portal by a configuration of its own', async () => {
    const subscription = await subscribed()
    const configuration = await stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true }, subscription_cancel: { enabled: true } },
    })
    const portal = await stripe.billingPortal.sessions.create({
      configuration: configuration.id,
      customer: String(subscription.customer),
      expand: ['configuration'],
    })
    assert.equal((portal.configuration as Stripe.BillingPortal.Configuration).id, configuration.id)
    assert.match(await (await fetch(portal.url)).text(), /The Paper, \$13\.00 every month/)
  })

  it('bills one currency to a customer', async () => {
    const subscription = await subscribed()
    const euro = await stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: 1200,
      recurring: { interval: 'month' },
    })
    const mixed = await refusal(
      stripe.subscriptions.create({ customer: String(subscription.customer), items: [{ price: euro.id }] }),
    )
    assert.match(mixed.message, /cannot combine currencies/)
  })

  it('is answered once under a key, a failure of the server included, and waits out a 429', async () => {
    const twice = () => stripe.customers.create({ email: 'key@example.com' }, { idempotencyKey: 'same' })
    assert.equal((await twice()).id, (await twice()).id)
    const other = await refusal(
      stripe.customers.create({ email: 'other@example.com' }, { idempotencyKey: 'same' }),
    )
    assert.equal(other.type, 'StripeIdempotencyError')
    const failing = () => stripe.customers.create({}, { idempotencyKey: 'fails', maxNetworkRetries: 0 })
    await post('/faults', { api_failure: 1 })
    assert.equal((await refusal(failing())).statusCode, 500)
    await post('/faults', { reset: true })
    assert.equal((await refusal(failing())).statusCode, 500)
    await post('/faults', { rate_limit: 1 })
    const limited = await refusal(stripe.customers.list({}, { maxNetworkRetries: 0 }))
    assert.deepEqual([limited.statusCode, limited.type], [429, 'StripeRateLimitError'])
    await post('/faults', { reset: true })
    assert.ok((await stripe.customers.list({ limit: 1 })).data.length === 1)
  })

  it('gets the events that it asked for, signed with its endpoint’s own secret, and reads the rest from the list', async () => {
    const endpoint = await stripe.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ['payment_intent.succeeded'],
    })
    const intent = await paid()
    await pass(1)
    const mine = receiver.raw.flatMap(({ body, signature }) => {
      try {
        return [stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? '')]
      } catch {
        return []
      }
    })
    assert.deepEqual(
      mine.map((event) => [event.type, (event.data.object as Stripe.PaymentIntent).id]),
      [['payment_intent.succeeded', intent.id]],
    )
    await stripe.webhookEndpoints.del(endpoint.id)
    const [newest] = (await stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 })).data
    const older = await stripe.events.list({ starting_after: newest?.id ?? '', types: ['payment_intent.*'] })
    assert.ok(older.data.every((event) => event.created <= (newest?.created ?? 0)))
    const since = await stripe.events.list({ created: { gte: newest?.created ?? 0 }, limit: 100 })
    assert.ok(since.data.some((event) => event.id === newest?.id))
    await pass(31)
    assert.equal((await refusal(stripe.events.retrieve(newest?.id ?? ''))).statusCode, 404)
  })
})

async function now(): Promise<string> {
  return ((await (await fetch(`${sandbox.url}/clock`)).json()) as { now: string }).now
}
