import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, openReceiver, openSandbox, refusal } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox

async function payer() {
  const customer = await stripe.customers.create({
    email: 'alice@example.com',
    payment_method: 'pm_card_visa',
  })
  const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: method?.id ?? '' },
  })
  return customer.id
}

async function draft(customer: string, amount = 700) {
  await stripe.invoiceItems.create({ customer, amount, currency: 'usd', description: 'Extra' })
  return stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' })
}

async function balanceOf(customer: string): Promise<number> {
  const found = await stripe.customers.retrieve(customer)
  assert.ok(!found.deleted)
  return found.balance
}

describe('an invoice by hand', () => {
  it('takes the waiting items, is finalized, and paid', async () => {
    const customer = await payer()
    const invoice = await draft(customer)
    assert.deepEqual([invoice.status, invoice.total, invoice.number], ['draft', 700, null])
    assert.equal((await stripe.invoiceItems.list({ customer, pending: true })).data.length, 0)
    const open = await stripe.invoices.finalizeInvoice(invoice.id ?? '', { auto_advance: false })
    assert.deepEqual([open.status, open.amount_remaining], ['open', 700])
    const paid = await stripe.invoices.pay(invoice.id ?? '')
    assert.deepEqual([paid.status, paid.amount_remaining], ['paid', 0])
    assert.equal((await refusal(stripe.invoices.pay(invoice.id ?? ''))).code, 'invoice_already_paid')
  })

  it('is voided, written off, deleted or sent, each in its time only', async () => {
    const customer = await payer()
    const [a, b, c] = [await draft(customer), await draft(customer), await draft(customer)]
    assert.equal((await refusal(stripe.invoices.voidInvoice(a.id ?? ''))).statusCode, 400)
    assert.equal((await stripe.invoices.del(a.id ?? '')).deleted, true)
    await stripe.invoices.finalizeInvoice(b.id ?? '')
    assert.equal((await stripe.invoices.markUncollectible(b.id ?? '')).status, 'uncollectible')
    assert.equal((await stripe.invoices.voidInvoice(b.id ?? '')).status, 'void')
    assert.equal((await stripe.invoices.sendInvoice(c.id ?? '')).status, 'open')
    assert.equal((await refusal(stripe.invoices.del(c.id ?? ''))).statusCode, 400)
    assert.equal((await stripe.invoices.pay(c.id ?? '', { paid_out_of_band: true })).status, 'paid')
  })

  it('gives back the credit that it used when it is voided, once, and keeps it when it is written off', async () => {
    const customer = await payer()
    await stripe.customers.createBalanceTransaction(customer, { amount: -300, currency: 'usd' })
    const invoice = await draft(customer)
    const open = await stripe.invoices.finalizeInvoice(invoice.id ?? '')
    assert.deepEqual([open.amount_due, open.starting_balance, open.ending_balance], [400, -300, 0])
    await stripe.invoices.markUncollectible(invoice.id ?? '')
    assert.equal(await balanceOf(customer), 0)
    const ended = await stripe.invoices.voidInvoice(invoice.id ?? '')
    assert.deepEqual([ended.status, ended.amount_remaining], ['void', 0])
    assert.equal(await balanceOf(customer), -300)
    assert.equal((await refusal(stripe.invoices.voidInvoice(invoice.id ?? ''))).statusCode, 400)
    const { data } = await stripe.customers.listBalanceTransactions(customer)
    assert.deepEqual(
      data.map(({ type, amount, ending_balance, invoice: of }) => [type, amount, ending_balance, of]),
      [
        ['unapplied_from_invoice', -300, -300, invoice.id],
        ['applied_to_invoice', 300, 0, invoice.id],
        ['adjustment', -300, -300, null],
      ],
    )
  })

  it('takes no item of a price or product that is archived', async () => {
    const customer = await payer()
    const product = await stripe.products.create({ name: 'Archived' })
    const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 500 })
    const add = () => stripe.invoiceItems.create({ customer, pricing: { price: price.id } })
    await stripe.products.update(product.id, { active: false })
    assert.match((await refusal(add())).message, /its product is not active/)
    await stripe.prices.update(price.id, { active: false })
    assert.match((await refusal(add())).message, /The price specified is inactive/)
    assert.equal((await stripe.invoiceItems.list({ customer })).data.length, 0)
  })

  it('says why it cannot be collected', async () => {
    const nobody = await stripe.customers.create({ email: 'nobody@example.com' })
    const invoice = await draft(nobody.id)
    assert.equal((await refusal(stripe.invoices.pay(invoice.id ?? ''))).statusCode, 400)
    const refused = await refusal(
      stripe.invoices.pay(invoice.id ?? '', {
        payment_method: (
          await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: nobody.id })
        ).id,
      }),
    )
    assert.deepEqual([refused.statusCode, refused.code], [402, 'card_declined'])
    const failed = await stripe.invoices.retrieve(invoice.id ?? '')
    assert.deepEqual([failed.status, failed.attempt_count], ['open', 2])
  })

  it('leaves items alone that were changed or taken away before', async () => {
    const customer = await payer()
    const item = await stripe.invoiceItems.create({ customer, amount: 100, currency: 'usd' })
    await stripe.invoiceItems.update(item.id, { amount: 200 })
    const gone = await stripe.invoiceItems.create({ customer, amount: 999, currency: 'usd' })
    await stripe.invoiceItems.del(gone.id)
    const invoice = await stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' })
    assert.equal(invoice.total, 200)
    assert.equal((await refusal(stripe.invoiceItems.update(item.id, { amount: 1 }))).statusCode, 400)
  })
})

describe('a webhook endpoint', () => {
  it('made over the API gets what it asked for, signed with its own secret, until it is disabled', async () => {
    const other = await openReceiver({ secret: null })
    const made = await stripe.webhookEndpoints.create({
      url: other.url,
      enabled_events: ['customer.created'],
    })
    assert.match(made.secret ?? '', /^whsec_\w{32}$/)
    assert.equal((await stripe.webhookEndpoints.retrieve(made.id)).secret, undefined)
    await stripe.products.create({ name: 'Not wanted' })
    await stripe.customers.create({ email: 'wanted@example.com' })
    await eventually(() => other.raw.length === 1, 'the customer')
    const [got] = other.raw
    const event = stripe.webhooks.constructEvent(got?.body ?? '', got?.signature ?? '', made.secret ?? '')
    assert.equal(event.type, 'customer.created')
    await stripe.webhookEndpoints.update(made.id, { disabled: true })
    await stripe.customers.create({ email: 'unheard@example.com' })
    await eventually(
      () =>
        sandbox.receiver.events.some(
          (one) => 'email' in one.data.object && one.data.object.email === 'unheard@example.com',
        ),
      'the other address',
    )
    assert.equal(other.raw.length, 1)
    assert.equal((await stripe.webhookEndpoints.del(made.id)).deleted, true)
    const nowhere = await refusal(stripe.webhookEndpoints.create({ url: 'nowhere', enabled_events: ['*'] }))
    assert.equal(nowhere.param, 'url')
    await other.close()
  })
})
