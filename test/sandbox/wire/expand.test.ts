import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, openSandbox, refusal, subscribe } from '../support.ts'

const { stripe } = await openSandbox()
const plans = await addPlans(stripe)
const subscription = await subscribe(stripe, plans.annual)

describe('expand', () => {
  it('leaves ids as ids where it is not asked', () => {
    assert.equal(typeof subscription.customer, 'string')
    assert.equal(typeof subscription.latest_invoice, 'string')
  })

  it('puts objects in place of ids, through lists and several levels', async () => {
    const found = await stripe.subscriptions.retrieve(subscription.id, {
      expand: [
        'customer',
        'items.data.price.product',
        'latest_invoice.payments.data.payment.payment_intent.latest_charge',
      ],
    })
    assert.equal((found.customer as Stripe.Customer).object, 'customer')
    const product = found.items.data[0]?.price.product as Stripe.Product
    assert.equal(product.name, 'All-Access')
    const payment = (found.latest_invoice as Stripe.Invoice).payments?.data[0]?.payment
    const intent = payment?.payment_intent as Stripe.PaymentIntent
    assert.equal((intent.latest_charge as Stripe.Charge).status, 'succeeded')
  })

  it('works in lists', async () => {
    const { data } = await stripe.subscriptions.list({ expand: ['data.latest_invoice', 'data.customer'] })
    const invoice = data[0]?.latest_invoice as Stripe.Invoice
    assert.equal(invoice.object, 'invoice')
  })

  it('shows what is there only on request', async () => {
    const customer = await stripe.customers.retrieve(String(subscription.customer), {
      expand: ['subscriptions'],
    })
    assert.ok(!customer.deleted)
    assert.equal(customer.subscriptions?.data[0]?.id, subscription.id)
    assert.ok(!('subscriptions' in (await stripe.customers.retrieve(String(subscription.customer)))))
  })

  it('refuses what cannot be expanded, whatever its value', async () => {
    const paths = [
      'nonsense',
      'customer.nonsense',
      'status',
      'items',
      'items.data',
      'latest_invoice.lines',
      'data.customer',
    ]
    for (const path of paths) {
      const refused = await refusal(stripe.subscriptions.retrieve(subscription.id, { expand: [path] }))
      assert.deepEqual([refused.statusCode, refused.param], [400, 'expand'], path)
      assert.match(refused.message, /cannot be expanded/)
    }
    const deep = ['latest_invoice.payments.data.payment.payment_intent.latest_charge.balance_transaction']
    const refused = await refusal(stripe.subscriptions.retrieve(subscription.id, { expand: deep }))
    assert.match(refused.message, /more than 4 levels/)
  })
})
