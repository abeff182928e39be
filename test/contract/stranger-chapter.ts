import assert from 'node:assert/strict'
import type Stripe from 'stripe'
import { advanceDays } from '../simulate/sandbox.ts'
import type { Chapter } from './journey.ts'

const mandate_data = {
  customer_acceptance: {
    type: 'online' as const,
    online: { ip_address: '127.0.0.1', user_agent: 'contract' },
  },
}

/** What the app does not ask for, and another program may. */
export const stranger: Chapter = {
  name: 'another program: bank accounts, several currencies, invoices that are sent, and every feature of a portal',
  tell: async ({ stand: { stripe, ...stand } }) => {
    const price = await sell(stripe)
    await storeAccount(stripe)
    for (const [payment_method, currency] of [
      ['pm_usBankAccount_dispute', 'usd'],
      ['pm_failed_de', 'eur'],
      ['pm_success_de', 'eur'],
    ] as const) {
      const debit = { amount: 5000, currency, payment_method, mandate_data, confirm: true }
      assert.equal((await stripe.paymentIntents.create(debit)).status, 'processing')
    }
    await subscribe(stripe, price)
    await advanceDays(stand, 8)
    const { data } = await stripe.charges.list({ limit: 20, expand: ['data.balance_transaction'] })
    assert.ok(data.some((charge) => charge.payment_method_details?.type === 'sepa_debit'))
  },
}

async function sell(stripe: Stripe): Promise<Stripe.Price> {
  const price = await stripe.prices.create({
    product_data: { name: 'Elsewhere' },
    currency: 'usd',
    unit_amount: 1000,
    recurring: { interval: 'month' },
    currency_options: { eur: { unit_amount: 900, tax_behavior: 'inclusive' } },
    expand: ['currency_options'],
  })
  assert.equal(price.currency_options?.eur?.unit_amount, 900)
  await stripe.checkout.sessions.create({
    mode: 'subscription',
    currency: 'eur',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'http://shop.test/',
    expand: ['line_items.data.price.currency_options'],
  })
  return price
}

async function storeAccount(stripe: Stripe): Promise<void> {
  const customer = await stripe.customers.create({ email: 'elsewhere@example.com' })
  const method = await stripe.paymentMethods.create({
    type: 'sepa_debit',
    sepa_debit: { iban: 'DE89370400440532013000' },
    billing_details: { name: 'Elsewhere', email: 'elsewhere@example.com' },
  })
  const setUp = await stripe.setupIntents.create({
    customer: customer.id,
    allowed_payment_method_types: ['sepa_debit'],
    payment_method: method.id,
    mandate_data,
    confirm: true,
  })
  await stripe.mandates.retrieve(String(setUp.mandate), { expand: ['payment_method'] })
  await stripe.paymentMethods.list({ customer: customer.id, type: 'sepa_debit' })
}

async function subscribe(stripe: Stripe, price: Stripe.Price): Promise<void> {
  const customer = await stripe.customers.create({ email: 'sent@example.com' })
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    currency: 'eur',
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 3,
  })
  const configuration = await stripe.billingPortal.configurations.create({
    business_profile: { headline: 'Help yourself' },
    default_return_url: 'http://shop.test/account',
    features: {
      customer_update: { allowed_updates: ['email', 'name', 'phone'], enabled: true },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: {
        cancellation_reason: { enabled: true, options: ['too_expensive', 'other'] },
        enabled: true,
        mode: 'immediately',
      },
      subscription_pause: { enabled: true },
      subscription_update: {
        billing_cycle_anchor: 'now',
        default_allowed_updates: ['price'],
        enabled: true,
        products: [{ product: String(price.product), prices: [price.id] }],
        trial_update_behavior: 'continue_trial',
      },
    },
    metadata: { desk: 'support' },
    name: 'Everything',
  })
  await stripe.billingPortal.configurations.list({ limit: 3 })
  await stripe.billingPortal.sessions.create({
    configuration: configuration.id,
    customer: customer.id,
    flow_data: {
      type: 'subscription_update_confirm',
      subscription_update_confirm: {
        subscription: subscription.id,
        items: [{ id: subscription.items.data[0]?.id ?? '', price: price.id, quantity: 1 }],
      },
    },
    expand: ['configuration'],
  })
}
