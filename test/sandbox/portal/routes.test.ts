import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, cards, openSandbox, post, refusal, subscribe } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

async function openPortal(options: { card?: string; email?: string; flow_data?: object } = {}) {
  const { flow_data, ...rest } = options
  const subscription = await subscribe(stripe, plans.monthly, rest)
  const portal = await stripe.billingPortal.sessions.create({
    customer: String(subscription.customer),
    return_url: 'http://shop.test/account',
    ...(flow_data ? { flow_data } : {}),
  } as Parameters<typeof stripe.billingPortal.sessions.create>[0])
  return { subscription, portal }
}
const card = (fields: Record<string, string> = {}) => ({
  card_number: '5555555555554444',
  exp: '12/40',
  cvc: '123',
  name: 'Alice',
  ...fields,
})

describe('the billing portal', () => {
  it('shows what its customer has, and the way back', async () => {
    const { portal } = await openPortal({ email: 'alice@example.com' })
    assert.equal(portal.url, `${sandbox.url}/portal/${portal.id}`)
    const page = await (await fetch(portal.url)).text()
    assert.match(page, /alice@example\.com/)
    assert.match(page, /All-Access, \$13\.00 every month/)
    assert.match(page, /visa ending in 4242/)
    assert.match(page, /href="http:\/\/shop\.test\/account"/)
    assert.match(page, /\w{8}-0001<\/td>/)
  })

  it('ends a subscription at its period’s end, and takes that back', async () => {
    const { subscription, portal } = await openPortal()
    const address = `${portal.url}/subscriptions/${subscription.id}/cancellation`
    const answer = await post(address, { ends: 'yes' })
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, `/portal/${portal.id}`])
    const ending = await stripe.subscriptions.retrieve(subscription.id)
    assert.deepEqual([ending.cancel_at_period_end, ending.status], [true, 'active'])
    assert.match(await (await fetch(portal.url)).text(), /Ends on/)
    await post(address, { ends: 'no' })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).cancel_at, null)
  })

  it('touches no subscription of anyone else', async () => {
    const { portal } = await openPortal()
    const other = await subscribe(stripe, plans.monthly, { email: 'bob@example.com' })
    const answer = await post(`${portal.url}/subscriptions/${other.id}/cancellation`, { ends: 'yes' })
    assert.equal(answer.status, 404)
    assert.equal((await stripe.subscriptions.retrieve(other.id)).cancel_at_period_end, false)
  })

  it('charges another card from then on', async () => {
    const { subscription, portal } = await openPortal({ card: cards.good })
    assert.equal((await post(`${portal.url}/card`, card())).status, 303)
    const changed = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['default_payment_method'],
    })
    const method = changed.default_payment_method
    assert.equal(typeof method === 'object' && method?.card?.last4, '4444')
    assert.match(await (await fetch(portal.url)).text(), /mastercard ending in 4444/)
  })

  it('says what is wrong with a card, and what its bank said', async () => {
    const { portal } = await openPortal()
    const wrong = await post(`${portal.url}/card`, card({ card_number: '1', exp: '1/1' }))
    assert.equal(wrong.status, 422)
    assert.match(await wrong.text(), /id="card_number-problem"[\s\S]*id="exp-problem"/)
    const refused = await post(`${portal.url}/card`, card({ card_number: cards.declined }))
    assert.equal(refused.status, 402)
    assert.match(await refused.text(), /role="alert">Your card was declined/)
  })

  it('lets the bank ask before it stores a card', async () => {
    const { subscription, portal } = await openPortal()
    const asked = await post(`${portal.url}/card`, card({ card_number: cards.asksFirst }))
    const bank = new URL(asked.headers.get('location') ?? '', sandbox.url).href
    const back = await post(bank, { answer: 'complete' })
    assert.ok(back.headers.get('location')?.startsWith(portal.url))
    const changed = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['default_payment_method'],
    })
    const method = changed.default_payment_method
    assert.equal(typeof method === 'object' && method?.card?.last4, '3155')
  })

  it('leads back to the shop where a flow says so', async () => {
    const subscription = await subscribe(stripe, plans.monthly, { email: 'carol@example.com' })
    const portal = await stripe.billingPortal.sessions.create({
      customer: String(subscription.customer),
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: { subscription: subscription.id },
        after_completion: { type: 'redirect', redirect: { return_url: 'http://shop.test/ended' } },
      },
    })
    const answer = await post(`${portal.url}/subscriptions/${subscription.id}/cancellation`, { ends: 'yes' })
    assert.equal(answer.headers.get('location'), 'http://shop.test/ended')
    const other = await subscribe(stripe, plans.monthly, { email: 'dora@example.com' })
    const foreign = await refusal(
      stripe.billingPortal.sessions.create({
        customer: String(subscription.customer),
        flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: other.id } },
      }),
    )
    assert.equal(foreign.statusCode, 400)
  })

  it('is closed after a day, and for strangers', async () => {
    const { portal } = await openPortal()
    assert.equal((await fetch(`${sandbox.url}/portal/bps_nobody`)).status, 404)
    await advance(sandbox, { days: 1.01 })
    assert.equal((await fetch(portal.url)).status, 404)
    assert.equal((await post(`${portal.url}/card`, card())).status, 404)
    const unknown = await refusal(stripe.billingPortal.sessions.create({ customer: 'cus_nobody' }))
    assert.equal(unknown.code, 'resource_missing')
  })
})

describe('a portal that is configured', () => {
  type Features = Stripe.BillingPortal.ConfigurationCreateParams['features']
  const change = (price: Stripe.Price): NonNullable<Features['subscription_update']> => ({
    default_allowed_updates: ['price'],
    enabled: true,
    products: [{ product: plans.product.id, prices: [price.id, plans.monthly.id] }],
    proration_behavior: 'always_invoice',
  })

  async function configured(features: Features) {
    const configuration = await stripe.billingPortal.configurations.create({ features })
    const subscription = await subscribe(stripe, plans.monthly)
    const portal = await stripe.billingPortal.sessions.create({
      configuration: configuration.id,
      customer: String(subscription.customer),
    })
    return { configuration, subscription, portal, at: `${portal.url}/subscriptions/${subscription.id}` }
  }

  it('is made, changed, listed and put out of use, but the default is not', async () => {
    const made = await stripe.billingPortal.configurations.create({
      features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
      metadata: { desk: 'support' },
    })
    assert.deepEqual([made.is_default, made.features.subscription_cancel.mode], [false, 'immediately'])
    assert.equal(made.features.payment_method_update.enabled, false)
    const changed = await stripe.billingPortal.configurations.update(made.id, {
      active: false,
      features: { invoice_history: { enabled: true } },
    })
    assert.deepEqual([changed.active, changed.features.invoice_history.enabled], [false, true])
    assert.equal(changed.features.subscription_cancel.enabled, true)
    const inactive = await stripe.billingPortal.configurations.list({ active: false })
    assert.deepEqual(
      inactive.data.map((one) => one.id),
      [made.id],
    )
    const [standard] = (await stripe.billingPortal.configurations.list({ is_default: true })).data
    const kept = await refusal(
      stripe.billingPortal.configurations.update(standard?.id ?? '', { active: false }),
    )
    assert.equal(kept.param, 'active')
    const senseless = await refusal(
      stripe.billingPortal.configurations.create({ features: { subscription_update: { enabled: true } } }),
    )
    assert.equal(senseless.code, 'parameter_missing')
  })

  it('changes the plan and charges what is missing', async () => {
    const { subscription, at, portal } = await configured({ subscription_update: change(plans.annual) })
    assert.match(await (await fetch(portal.url)).text(), /Change to All-Access, \$130\.00 every year/)
    const answer = await post(`${at}/plan`, { price: plans.annual.id })
    assert.equal(answer.status, 303)
    const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    assert.equal(changed.items.data[0]?.price.id, plans.annual.id)
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.deepEqual([invoice.status, invoice.billing_reason], ['paid', 'subscription_update'])
    assert.equal((await post(`${at}/plan`, { price: plans.once.id })).status, 404)
  })

  it('changes nothing where the payment fails, and says why', async () => {
    const { subscription, at } = await configured({ subscription_update: change(plans.annual) })
    const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: String(subscription.customer),
    })
    await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id })
    const answer = await post(`${at}/plan`, { price: plans.annual.id })
    assert.equal(answer.status, 402)
    assert.match(await answer.text(), /role="alert">Your card was declined/)
    const same = await stripe.subscriptions.retrieve(subscription.id)
    assert.deepEqual([same.items.data[0]?.price.id, same.status], [plans.monthly.id, 'active'])
  })

  it('opens for one change that is to be confirmed', async () => {
    const { configuration, subscription } = await configured({ subscription_update: change(plans.annual) })
    const portal = await stripe.billingPortal.sessions.create({
      configuration: configuration.id,
      customer: String(subscription.customer),
      flow_data: {
        type: 'subscription_update_confirm',
        subscription_update_confirm: {
          subscription: subscription.id,
          items: [{ id: subscription.items.data[0]?.id ?? '', price: plans.annual.id, quantity: 1 }],
        },
        after_completion: { type: 'redirect', redirect: { return_url: 'http://shop.test/changed' } },
      },
    })
    assert.match(await (await fetch(portal.url)).text(), /Confirm the change to All-Access/)
    const answer = await post(`${portal.url}/subscriptions/${subscription.id}/plan`, {
      price: plans.annual.id,
    })
    assert.equal(answer.headers.get('location'), 'http://shop.test/changed')
    const off = await refusal(
      stripe.billingPortal.sessions.create({
        customer: String(subscription.customer),
        flow_data: { type: 'subscription_update', subscription_update: { subscription: subscription.id } },
      }),
    )
    assert.equal(off.param, 'flow_data[type]')
  })

  it('ends a subscription at once, with the reason that was chosen', async () => {
    const { subscription, at, portal } = await configured({
      subscription_cancel: {
        cancellation_reason: { enabled: true, options: ['too_expensive', 'unused'] },
        enabled: true,
        mode: 'immediately',
      },
    })
    assert.match(await (await fetch(portal.url)).text(), /Too expensive/)
    assert.equal((await post(`${at}/cancellation`, { ends: 'yes', feedback: 'unused' })).status, 303)
    const ended = await stripe.subscriptions.retrieve(subscription.id)
    assert.deepEqual([ended.status, ended.cancellation_details?.feedback], ['canceled', 'unused'])
  })

  it('pauses and goes on, corrects an address, and offers nothing that is switched off', async () => {
    const { subscription, at, portal } = await configured({
      customer_update: { allowed_updates: ['email'], enabled: true },
      subscription_pause: { enabled: true },
    })
    await post(`${at}/pause`, { pauses: 'yes' })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'paused')
    await post(`${at}/pause`, { pauses: 'no' })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
    const mended = { customer_email: 'new@example.com', customer_name: 'Mallory' }
    assert.equal((await post(`${portal.url}/details`, mended)).status, 303)
    const customer = await stripe.customers.retrieve(String(subscription.customer))
    assert.ok(!customer.deleted)
    assert.deepEqual([customer.email, customer.name], ['new@example.com', 'Alice'])
    const wrong = await post(`${portal.url}/details`, { customer_email: 'nonsense' })
    assert.equal(wrong.status, 422)
    assert.equal((await post(`${at}/cancellation`, { ends: 'yes' })).status, 404)
    assert.equal((await post(`${portal.url}/card`, card())).status, 404)
    assert.doesNotMatch(await (await fetch(portal.url)).text(), /Cancel|card_number/)
  })
})
