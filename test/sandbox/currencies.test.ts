import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { advance, openSandbox, pay, refusal, successUrl } from './support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const product = await stripe.products.create({ name: 'All-Access' })
const monthly = await stripe.prices.create({
  product: product.id,
  currency: 'usd',
  unit_amount: 1300,
  recurring: { interval: 'month' },
  currency_options: { eur: { unit_amount: 1200 }, GBP: { unit_amount: 1050 } },
})
const better = await stripe.prices.create({
  product: product.id,
  currency: 'usd',
  unit_amount: 2600,
  recurring: { interval: 'month' },
  currency_options: { eur: { unit_amount: 2400 } },
})

describe('a price in several currencies', () => {
  it('shows them where it is asked to', async () => {
    assert.equal((await stripe.prices.retrieve(monthly.id)).currency_options, undefined)
    const { currency_options } = await stripe.prices.retrieve(monthly.id, { expand: ['currency_options'] })
    const amounts = Object.entries(currency_options ?? {}).map(([name, one]) => [name, one.unit_amount])
    assert.deepEqual(amounts, [
      ['usd', 1300],
      ['eur', 1200],
      ['gbp', 1050],
    ])
    await stripe.prices.update(monthly.id, { currency_options: { chf: { unit_amount: 1250 } } })
    const { data } = await stripe.prices.list({ product: product.id, expand: ['data.currency_options'] })
    const chf = data.find((price) => price.id === monthly.id)?.currency_options?.chf
    assert.equal(chf?.unit_amount, 1250)
  })

  it('is bought, renewed and changed in the currency that was asked for', async () => {
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      currency: 'eur',
      line_items: [{ price: monthly.id, quantity: 1 }],
      success_url: successUrl,
      expand: ['line_items'],
    })
    const [line] = session.line_items?.data ?? []
    assert.deepEqual([session.currency, session.amount_total], ['eur', 1200])
    assert.deepEqual([line?.currency, line?.amount_total, line?.price?.id], ['eur', 1200, monthly.id])
    assert.match(await (await fetch(session.url ?? '')).text(), /€12\.00/)
    await pay(session)
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })
    const subscription = done.subscription as Stripe.Subscription
    assert.equal(subscription.currency, 'eur')
    await advance(sandbox, { days: 32 })
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id })).data
    assert.deepEqual(
      [renewal?.billing_reason, renewal?.currency, renewal?.amount_paid],
      ['subscription_cycle', 'eur', 1200],
    )
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: subscription.items.data[0]?.id ?? '', price: better.id }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    })
    const invoice = changed.latest_invoice as Stripe.Invoice
    assert.equal(invoice.currency, 'eur')
    assert.ok(invoice.total > 1000 && invoice.total < 1200, String(invoice.total))
  })

  it('is subscribed to over the API in another currency, but not in one that it lacks', async () => {
    const customer = await stripe.customers.create({ payment_method: 'pm_card_visa' })
    const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data
    const params = {
      customer: customer.id,
      items: [{ price: monthly.id }],
      default_payment_method: method?.id ?? '',
    }
    const lacking = await refusal(stripe.subscriptions.create({ ...params, currency: 'jpy' }))
    assert.equal(lacking.param, 'items[0][price]')
    const subscription = await stripe.subscriptions.create({
      ...params,
      currency: 'gbp',
      expand: ['latest_invoice'],
    })
    assert.deepEqual([subscription.status, subscription.currency], ['active', 'gbp'])
    assert.equal((subscription.latest_invoice as Stripe.Invoice).amount_paid, 1050)
    const second = await refusal(stripe.subscriptions.create({ ...params, currency: 'eur' }))
    assert.match(second.message, /cannot combine currencies/)
  })

  it('refuses an option without an amount, and one in its own currency', async () => {
    const make = (currency_options: Stripe.PriceCreateParams['currency_options']) =>
      refusal(
        stripe.prices.create({
          product: product.id,
          currency: 'usd',
          unit_amount: 1,
          ...(currency_options ? { currency_options } : {}),
        }),
      )
    assert.equal((await make({ usd: { unit_amount: 5 } })).param, 'currency_options[usd]')
    assert.equal((await make({ eur: { tax_behavior: 'inclusive' } })).code, 'parameter_missing')
  })
})
