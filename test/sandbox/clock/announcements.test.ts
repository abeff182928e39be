import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { addPlans, advance, openSandbox, refusal, subscribe } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

async function upcoming(subscription: string): Promise<Stripe.Invoice[]> {
  const { data } = await stripe.events.list({ type: 'invoice.upcoming', limit: 100 })
  return data
    .map((event) => event.data.object as Stripe.Invoice)
    .filter((invoice) => invoice.parent?.subscription_details?.subscription === subscription)
}

describe('a renewal that is coming', () => {
  it('is announced a week before, once, with what it will cost', async () => {
    const subscription = await subscribe(stripe, plans.monthly)
    const end = subscription.items.data[0]?.current_period_end ?? 0
    await advance(sandbox, { until: new Date((end - 9 * 86_400) * 1000).toISOString() })
    assert.equal((await upcoming(subscription.id)).length, 0)
    await advance(sandbox, { until: new Date((end - 86_400) * 1000).toISOString() })
    const [invoice, ...more] = await upcoming(subscription.id)
    assert.equal(more.length, 0)
    assert.deepEqual(
      [invoice?.billing_reason, invoice?.amount_due, invoice?.status],
      ['upcoming', 1300, 'draft'],
    )
    assert.equal(invoice?.lines.data[0]?.period.start, end)
    assert.equal((await refusal(stripe.invoices.retrieve(invoice?.id ?? ''))).statusCode, 404)
    await advance(sandbox, { days: 31 })
    const later = await upcoming(subscription.id)
    assert.deepEqual([later.length, later[0]?.id === invoice?.id], [1, false])
  })

  it('is not announced where nothing will be charged', async () => {
    const subscription = await subscribe(stripe, plans.monthly, { email: 'bob@example.com' })
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })
    await advance(sandbox, { days: 40 })
    assert.deepEqual(await upcoming(subscription.id), [])
  })
})

describe('an invoice that is sent', () => {
  it('is due after its days, then overdue, and its subscription is behind until it is paid', async () => {
    const customer = await stripe.customers.create({ email: 'carol@example.com' })
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plans.annual.id }],
      collection_method: 'send_invoice',
      days_until_due: 14,
    })
    await advance(sandbox, { days: 1 })
    const id = String(subscription.latest_invoice)
    const sent = await stripe.invoices.retrieve(id)
    assert.equal(sent.due_date, (sent.status_transitions.finalized_at ?? 0) + 14 * 86_400)
    await advance(sandbox, { days: 13 })
    const overdue = () => stripe.events.list({ type: 'invoice.overdue' }).then(({ data }) => data.length)
    assert.equal(await overdue(), 0)
    await advance(sandbox, { days: 3 })
    assert.equal(await overdue(), 1)
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due')
    await stripe.invoices.pay(id, { paid_out_of_band: true })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
    await advance(sandbox, { days: 5 })
    assert.equal(await overdue(), 1)
  })
})
