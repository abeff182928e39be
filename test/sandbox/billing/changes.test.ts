import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, openSandbox, refusal } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)
const cheap = await stripe.prices.create({
  product: plans.product.id,
  currency: 'usd',
  unit_amount: 800,
  recurring: { interval: 'month' },
})
const euro = await stripe.prices.create({
  product: plans.product.id,
  currency: 'eur',
  unit_amount: 900,
  recurring: { interval: 'month' },
})

async function customerWith(card: string): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({ email: 'alice@example.com', payment_method: card })
  const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: method?.id ?? '' },
  })
  return customer
}

async function start(price: Stripe.Price, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWith('pm_card_visa')
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params })
}

const itemOf = (subscription: Stripe.Subscription) => {
  const [item] = subscription.items.data
  assert.ok(item)
  return item
}
const swap = (subscription: Stripe.Subscription, price: Stripe.Price) => [
  { id: itemOf(subscription).id, price: price.id },
]
/** As far into the month as it takes for half of it to be left. */
async function halfway(subscription: Stripe.Subscription) {
  const { current_period_start: start, current_period_end: end } = itemOf(subscription)
  await advance(sandbox, { until: new Date(((start + end) / 2) * 1000).toISOString() })
  return Math.floor((start + end) / 2)
}

describe('a subscription made over the API', () => {
  it('is paid at once', async () => {
    const subscription = await start(cheap, { expand: ['latest_invoice'], metadata: { order: '9' } })
    const invoice = subscription.latest_invoice as Stripe.Invoice
    assert.deepEqual([subscription.status, invoice.status, invoice.amount_paid], ['active', 'paid', 800])
  })

  it('that the bank refuses is incomplete until its intent is paid, or not made at all', async () => {
    const customer = await customerWith('pm_card_chargeCustomerFail')
    const create = (payment_behavior?: 'error_if_incomplete') =>
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: cheap.id }],
        expand: ['latest_invoice.payments'],
        ...(payment_behavior ? { payment_behavior } : {}),
      })
    const subscription = await create()
    assert.equal(subscription.status, 'incomplete')
    const refused = await refusal(create('error_if_incomplete'))
    assert.deepEqual([refused.statusCode, refused.code], [402, 'card_declined'])
    assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data.length, 1)
    const invoice = subscription.latest_invoice as Stripe.Invoice
    const intent = String(invoice.payments?.data[0]?.payment.payment_intent)
    await stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
    assert.equal((await stripe.invoices.retrieve(invoice.id ?? '')).status, 'paid')
  })

  it('that stays incomplete for 23 hours has expired', async () => {
    const customer = await customerWith('pm_card_chargeCustomerFail')
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: cheap.id }],
    })
    await advance(sandbox, { days: 1 })
    const expired = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    assert.deepEqual(
      [expired.status, (expired.latest_invoice as Stripe.Invoice).status],
      ['incomplete_expired', 'void'],
    )
  })

  it('is refused without a way to pay, in a second currency, and for what is paid once', async () => {
    const nobody = await stripe.customers.create({ email: 'nobody@example.com' })
    const create = (customer: string, price: string) =>
      stripe.subscriptions.create({ customer, items: [{ price }] })
    assert.match((await refusal(create(nobody.id, cheap.id))).message, /no attached payment source/)
    const subscription = await start(cheap)
    const mixed = await refusal(create(String(subscription.customer), euro.id))
    assert.match(mixed.message, /cannot combine currencies on a single customer/)
    const once = await refusal(create(String(subscription.customer), plans.once.id))
    assert.equal(once.param, 'items[0][price]')
    const checkout = await refusal(
      stripe.checkout.sessions.create({
        mode: 'subscription',
        customer: String(subscription.customer),
        line_items: [{ price: euro.id, quantity: 1 }],
        success_url: 'http://shop.test/',
      }),
    )
    assert.match(checkout.message, /cannot combine currencies/)
  })

  it('is refused for what is archived, and goes on with what it has', async () => {
    const product = await stripe.products.create({ name: 'Archived' })
    const make = (unit_amount: number) =>
      stripe.prices.create({
        product: product.id,
        currency: 'usd',
        unit_amount,
        recurring: { interval: 'month' },
      })
    const [archived, ofArchived] = [await make(500), await make(600)]
    const running = await start(ofArchived)
    const other = await start(cheap)
    await stripe.prices.update(archived.id, { active: false })
    await stripe.products.update(product.id, { active: false })
    for (const [price, words] of [
      [archived, /^The price specified is inactive\./],
      [ofArchived, /not available to be purchased because its product is not active/],
    ] as const) {
      const begun = await refusal(start(price))
      const changed = await refusal(stripe.subscriptions.update(other.id, { items: swap(other, price) }))
      const added = await refusal(
        stripe.subscriptionItems.create({ subscription: other.id, price: price.id }),
      )
      for (const { statusCode, message } of [begun, changed, added]) {
        assert.equal(statusCode, 400)
        assert.match(message, words)
      }
    }
    assert.equal(itemOf(await stripe.subscriptions.retrieve(other.id)).price.id, cheap.id)
    const noted = await stripe.subscriptions.update(running.id, {
      items: [{ id: itemOf(running).id, quantity: 2 }],
    })
    assert.deepEqual([noted.status, itemOf(noted).quantity], ['active', 2])
  })

  it('pauses where its trial ends without a card, and goes on when it is resumed', async () => {
    const customer = await stripe.customers.create({ email: 'trial@example.com' })
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: cheap.id }],
      trial_period_days: 3,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
      expand: ['pending_setup_intent'],
    })
    assert.equal((subscription.pending_setup_intent as Stripe.SetupIntent).status, 'requires_payment_method')
    await advance(sandbox, { days: 4 })
    const paused = await stripe.subscriptions.retrieve(subscription.id)
    assert.equal(paused.status, 'paused')
    assert.equal(paused.status_details?.paused.subscription.type, 'trial_end_without_payment_method')
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
    await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id })
    const resumed = await stripe.subscriptions.resume(subscription.id, {
      billing_cycle_anchor: { type: 'now' },
    })
    assert.equal(resumed.status, 'active')
  })
})

describe('a change of plan', () => {
  it('to a dearer one waits for the next invoice, credit first', async () => {
    const subscription = await start(cheap)
    await halfway(subscription)
    await stripe.subscriptions.update(subscription.id, { items: swap(subscription, plans.monthly) })
    const waiting = await stripe.invoiceItems.list({ customer: String(subscription.customer), pending: true })
    assert.deepEqual(
      waiting.data.map((item) => item.amount).sort((a, b) => a - b),
      [-400, 650],
    )
    await advance(sandbox, { days: 17 })
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data
    assert.deepEqual(
      renewal?.lines.data.map((line) => line.amount),
      [-400, 650, 1300],
    )
    assert.deepEqual([renewal?.total, renewal?.status], [1550, 'paid'])
    const proration = renewal?.lines.data[0]
    assert.equal(proration?.parent?.subscription_item_details?.proration, true)
  })

  it('is paid at once where it is asked to, and costs nothing where it is not to', async () => {
    const subscription = await start(cheap)
    await halfway(subscription)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: swap(subscription, plans.monthly),
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    })
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.deepEqual(
      [invoice.total, invoice.status, invoice.billing_reason],
      [250, 'paid', 'subscription_update'],
    )
    const free = await start(cheap)
    await stripe.subscriptions.update(free.id, {
      items: swap(free, plans.monthly),
      proration_behavior: 'none',
    })
    assert.equal((await stripe.invoiceItems.list({ customer: String(free.customer) })).data.length, 0)
    assert.equal(itemOf(await stripe.subscriptions.retrieve(free.id)).price.id, plans.monthly.id)
  })

  it('to a cheaper one leaves credit for later invoices', async () => {
    const subscription = await start(plans.monthly)
    await halfway(subscription)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: swap(subscription, cheap),
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice', 'customer'],
    })
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.deepEqual([invoice.total, invoice.amount_due, invoice.status], [-250, 0, 'paid'])
    assert.equal((changed.customer as Stripe.Customer).balance, -250)
    await advance(sandbox, { days: 17 })
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data
    assert.deepEqual([renewal?.total, renewal?.amount_paid, renewal?.starting_balance], [800, 550, -250])
  })

  it('keeps what the balance went through, and takes credit that is given', async () => {
    const subscription = await start(plans.monthly)
    const customer = String(subscription.customer)
    const given = await stripe.customers.createBalanceTransaction(customer, {
      amount: -500,
      currency: 'usd',
      description: 'Sorry',
      metadata: { order: '1' },
    })
    assert.deepEqual([given.type, given.ending_balance, given.metadata], ['adjustment', -500, { order: '1' }])
    await advance(sandbox, { days: 32 })
    const { data } = await stripe.customers.listBalanceTransactions(customer)
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data
    assert.deepEqual(
      data.map(({ amount, ending_balance, type, invoice }) => [amount, ending_balance, type, invoice]),
      [
        [500, 0, 'applied_to_invoice', renewal?.id],
        [-500, -500, 'adjustment', null],
      ],
    )
    const noted = await stripe.customers.updateBalanceTransaction(customer, given.id, { description: 'Paid' })
    assert.equal(noted.description, 'Paid')
    const other = await start(plans.monthly)
    const path = String(other.customer)
    await assert.rejects(stripe.customers.retrieveBalanceTransaction(path, given.id), { statusCode: 404 })
    const euros = { amount: -1, currency: 'eur' }
    await assert.rejects(stripe.customers.createBalanceTransaction(customer, euros), /combine currencies/)
  })

  it('from months to a year begins a year at once', async () => {
    const subscription = await start(cheap)
    const now = await halfway(subscription)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: swap(subscription, plans.annual),
      expand: ['latest_invoice'],
    })
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.deepEqual([invoice.total, invoice.status], [12_600, 'paid'])
    assert.ok(Math.abs(changed.billing_cycle_anchor - now) <= 2)
    const { current_period_start, current_period_end } = itemOf(changed)
    assert.ok(current_period_end - current_period_start >= 365 * 86_400)
  })

  it('is shown beforehand as it will be, and leaves no trace', async () => {
    const subscription = await start(cheap)
    await halfway(subscription)
    const preview = (proration_behavior: 'always_invoice' | 'create_prorations') =>
      stripe.invoices.createPreview({
        subscription: subscription.id,
        subscription_details: { items: swap(subscription, plans.monthly), proration_behavior },
      })
    const [now, later] = [await preview('always_invoice'), await preview('create_prorations')]
    assert.deepEqual([now.total, now.status], [250, 'draft'])
    assert.deepEqual(
      later.lines.data.map((line) => line.amount),
      [-400, 650, 1300],
    )
    const plain = await stripe.invoices.createPreview({ subscription: subscription.id })
    assert.equal(plain.total, 800)
    assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 1)
    assert.equal((await stripe.invoiceItems.list({ customer: String(subscription.customer) })).data.length, 0)
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: swap(subscription, plans.monthly),
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    })
    assert.equal((changed.latest_invoice as Stripe.Invoice).total, now.total)
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })
    const none = await refusal(stripe.invoices.createPreview({ subscription: subscription.id }))
    assert.deepEqual([none.statusCode, none.code], [404, 'invoice_upcoming_none'])
  })

  it('that makes no sense is refused, and changes nothing', async () => {
    const subscription = await start(cheap)
    const update = (params: Stripe.SubscriptionUpdateParams) =>
      refusal(stripe.subscriptions.update(subscription.id, params))
    assert.equal(
      (await update({ items: [{ id: 'si_nobody', price: plans.monthly.id }] })).code,
      'resource_missing',
    )
    assert.equal((await update({ items: [{ id: itemOf(subscription).id, deleted: true }] })).param, 'items')
    assert.equal((await update({ items: swap(subscription, euro) })).param, 'items')
    assert.equal((await update({ items: [{ price: plans.annual.id }] })).param, 'items')
    assert.equal((await update({ default_payment_method: 'pm_nobody' })).code, 'resource_missing')
    assert.equal((await update({ trial_end: 5 })).param, 'trial_end')
    assert.equal(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.id, cheap.id)
    await stripe.subscriptions.cancel(subscription.id)
    assert.match(
      (await update({ cancel_at_period_end: true })).message,
      /canceled subscription can only update/,
    )
  })
})

describe('a pause', () => {
  it('of collection voids invoices, and ends by itself', async () => {
    const subscription = await start(cheap)
    const { current_period_end } = itemOf(subscription)
    const resumes_at = current_period_end + 5 * 86_400
    await stripe.subscriptions.update(subscription.id, { pause_collection: { behavior: 'void', resumes_at } })
    await advance(sandbox, { days: 40 })
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data
    assert.equal(renewal?.status, 'void')
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).pause_collection, null)
  })

  it('of the subscription stops its renewals', async () => {
    const subscription = await start(cheap)
    assert.equal(
      (await stripe.subscriptions.pause(subscription.id, { type: 'subscription' })).status,
      'paused',
    )
    await advance(sandbox, { days: 70 })
    assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 1)
    const resumed = await stripe.subscriptions.resume(subscription.id, {
      billing_cycle_anchor: { type: 'now' },
    })
    assert.equal(resumed.status, 'active')
    assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 2)
    assert.equal((await refusal(stripe.subscriptions.resume(subscription.id))).statusCode, 400)
  })
})
