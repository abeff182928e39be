import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { addPlans, advance, cards, type OpenSandbox, openSandbox, subscribe } from '../support.ts'

const day = 86_400

async function invoicesOf({ stripe }: OpenSandbox, subscription: Stripe.Subscription) {
  const { data } = await stripe.invoices.list({ subscription: subscription.id, limit: 100 })
  return data.reverse().map((invoice) => [invoice.billing_reason, invoice.status, invoice.total])
}

/** The types of the events that came about one subscription, in order. */
function story(sandbox: OpenSandbox, subscription: Stripe.Subscription): string[] {
  return sandbox.receiver.events
    .filter(({ data }) => {
      const object = data.object as { id?: string; parent?: Stripe.Invoice.Parent | null }
      return (
        object.id === subscription.id || object.parent?.subscription_details?.subscription === subscription.id
      )
    })
    .map((event) => event.type)
}

const periodOf = (subscription: Stripe.Subscription) => {
  const [item] = subscription.items.data
  assert.ok(item)
  return { start: item.current_period_start, end: item.current_period_end }
}

describe('a renewal', async () => {
  const sandbox = await openSandbox()
  const { stripe } = sandbox
  const plans = await addPlans(stripe)

  it('is drafted at the period’s end and charged an hour later', async () => {
    const subscription = await subscribe(stripe, plans.monthly)
    const { end } = periodOf(subscription)
    await advance(sandbox, { until: new Date((end + 60) * 1000).toISOString() })
    const between = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    const draft = between.latest_invoice as Stripe.Invoice
    assert.equal(between.status, 'active')
    assert.equal(periodOf(between).start, end)
    assert.equal(draft.status, 'draft')
    assert.equal(draft.billing_reason, 'subscription_cycle')
    assert.equal(draft.period_end, end)
    assert.equal(draft.lines.data[0]?.period.start, end)
    assert.ok(Math.abs((draft.automatically_finalizes_at ?? 0) - end - 3600) <= 60)
    await advance(sandbox, { days: 2 / 24 })
    const paid = await stripe.invoices.retrieve(draft.id ?? '', {
      expand: ['payments.data.payment.payment_intent'],
    })
    assert.equal(paid.status, 'paid')
    assert.match(paid.number ?? '', /^\w{8}-0002$/)
    const intent = paid.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent
    assert.equal(intent.amount_received, 1300)
    assert.deepEqual(story(sandbox, subscription).slice(-6), [
      'invoice.created',
      'customer.subscription.updated',
      'invoice.finalized',
      'invoice.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
    ])
  })

  it('comes every month of a year, on the same day or the month’s last', async () => {
    const subscription = await subscribe(stripe, plans.monthly)
    await advance(sandbox, { days: 367 })
    const invoices = await invoicesOf(sandbox, subscription)
    assert.equal(invoices.length, 13)
    assert.ok(invoices.every(([, status, total]) => status === 'paid' && total === 1300))
    const anchor = new Date(subscription.billing_cycle_anchor * 1000)
    const end = new Date(periodOf(await stripe.subscriptions.retrieve(subscription.id)).end * 1000)
    assert.ok(end.getUTCDate() === anchor.getUTCDate() || anchor.getUTCDate() > 28)
  })

  it('tells what changed in the subscription', async () => {
    const updates = sandbox.receiver.events.filter((event) => event.type === 'customer.subscription.updated')
    const renewal = updates.find(
      (event) => event.data.previous_attributes && 'latest_invoice' in event.data.previous_attributes,
    )
    assert.deepEqual(Object.keys(renewal?.data.previous_attributes ?? {}).sort(), ['items', 'latest_invoice'])
  })

  it('of a card that fails is tried eight times in two weeks, then ends the subscription', async () => {
    const subscription = await subscribe(stripe, plans.monthly, {
      card: cards.failsLater,
      subscription_data: { trial_period_days: 10 },
    })
    await advance(sandbox, { days: 11 })
    const behind = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    const open = behind.latest_invoice as Stripe.Invoice
    assert.equal(behind.status, 'past_due')
    assert.deepEqual([open.status, open.attempt_count, open.attempted], ['open', 1, true])
    assert.ok((open.next_payment_attempt ?? 0) > open.created)
    await advance(sandbox, { days: 15 })
    const over = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
    assert.deepEqual(
      [over.status, over.cancellation_details?.reason, (over.latest_invoice as Stripe.Invoice).attempt_count],
      ['canceled', 'payment_failed', 8],
    )
    const types = story(sandbox, subscription)
    assert.equal(types.filter((type) => type === 'invoice.payment_failed').length, 8)
    assert.equal(types.at(-1), 'customer.subscription.deleted')
    const failed = sandbox.receiver.events
      .filter((event) => event.type === 'invoice.payment_failed')
      .slice(-8)
    assert.ok((failed.at(-1)?.created ?? 0) - (failed[0]?.created ?? 0) <= 14 * day + 3600)
  })

  it('goes through after the card was replaced', async () => {
    const subscription = await subscribe(stripe, plans.monthly, {
      card: cards.failsLater,
      subscription_data: { trial_period_days: 10 },
    })
    await advance(sandbox, { days: 11 })
    const customer = String(subscription.customer)
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer })
    await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id })
    await advance(sandbox, { days: 3 })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
    assert.deepEqual((await invoicesOf(sandbox, subscription)).at(-1)?.slice(1), ['paid', 1300])
  })

  it('that the bank wants to see the payer for says so', async () => {
    const subscription = await subscribe(stripe, plans.monthly, { card: cards.asksAlways })
    await advance(sandbox, { days: 32 })
    const types = story(sandbox, subscription)
    assert.ok(types.includes('invoice.payment_action_required'))
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due')
    const kept = await subscribe(stripe, plans.monthly, { card: cards.asksFirst })
    await advance(sandbox, { days: 32 })
    assert.equal((await stripe.subscriptions.retrieve(kept.id)).status, 'active')
    assert.equal((await invoicesOf(sandbox, kept)).length, 2)
  })

  it('fails once its card has expired', async () => {
    const customer = await stripe.customers.create({ email: 'expiring@example.com' })
    const subscription = await subscribe(stripe, plans.monthly, { customer: customer.id })
    const method = String(subscription.default_payment_method)
    const now = new Date(subscription.created * 1000)
    await stripe.paymentMethods.update(method, {
      card: { exp_month: now.getUTCMonth() + 1, exp_year: now.getUTCFullYear() },
    })
    await advance(sandbox, { days: 32 })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due')
    const [charge] = (await stripe.charges.list({ customer: customer.id, limit: 1 })).data
    assert.equal(charge?.failure_code, 'expired_card')
  })

  it('keeps a discount for as many months as its coupon says', async () => {
    const coupon = await stripe.coupons.create({
      percent_off: 50,
      duration: 'repeating',
      duration_in_months: 2,
    })
    const once = await stripe.coupons.create({ amount_off: 300, currency: 'usd', duration: 'once' })
    const forever = await stripe.coupons.create({ percent_off: 10, duration: 'forever' })
    const [a, b, c] = [
      await subscribe(stripe, plans.monthly, { discounts: [{ coupon: coupon.id }] }),
      await subscribe(stripe, plans.monthly, { discounts: [{ coupon: once.id }] }),
      await subscribe(stripe, plans.monthly, { discounts: [{ coupon: forever.id }] }),
    ]
    await advance(sandbox, { days: 95 })
    const totals = async (subscription: Stripe.Subscription) =>
      (await invoicesOf(sandbox, subscription)).map(([, , total]) => total)
    assert.deepEqual(await totals(a), [650, 650, 1300, 1300])
    assert.deepEqual(await totals(b), [1000, 1300, 1300, 1300])
    assert.deepEqual(await totals(c), [1170, 1170, 1170, 1170])
    assert.deepEqual((await stripe.subscriptions.retrieve(a.id)).discounts, [])
  })
})

describe('a subscription’s end', async () => {
  const sandbox = await openSandbox()
  const { stripe } = sandbox
  const plans = await addPlans(stripe)

  it('comes at the period’s end when it was cancelled for then, and not if it was taken back', async () => {
    const subscription = await subscribe(stripe, plans.monthly)
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })
    assert.deepEqual([ending.status, ending.cancel_at], ['active', periodOf(subscription).end])
    const kept = await subscribe(stripe, plans.monthly)
    await stripe.subscriptions.update(kept.id, { cancel_at_period_end: true })
    const back = await stripe.subscriptions.update(kept.id, { cancel_at_period_end: false })
    assert.deepEqual([back.cancel_at, back.canceled_at, back.cancel_at_period_end], [null, null, false])
    await advance(sandbox, { days: 33 })
    const ended = await stripe.subscriptions.retrieve(subscription.id)
    assert.deepEqual([ended.status, ended.ended_at], ['canceled', periodOf(subscription).end])
    assert.equal((await invoicesOf(sandbox, subscription)).length, 1)
    assert.equal((await stripe.subscriptions.retrieve(kept.id)).status, 'active')
    assert.equal(story(sandbox, subscription).at(-1), 'customer.subscription.deleted')
  })

  it('comes at once when it is cancelled, and only once', async () => {
    const subscription = await subscribe(stripe, plans.annual)
    const ended = await stripe.subscriptions.cancel(subscription.id, {
      cancellation_details: { comment: 'Too long', feedback: 'unused' },
    })
    assert.deepEqual([ended.status, ended.cancellation_details?.feedback], ['canceled', 'unused'])
    await assert.rejects(
      stripe.subscriptions.cancel(subscription.id),
      Stripe.errors.StripeInvalidRequestError,
    )
    const listed = await stripe.subscriptions.list({ customer: String(subscription.customer) })
    assert.deepEqual(listed.data, [])
    const all = await stripe.subscriptions.list({ customer: String(subscription.customer), status: 'all' })
    assert.equal(all.data.length, 1)
  })

  it('warns three days before a trial ends, then charges', async () => {
    const subscription = await subscribe(stripe, plans.monthly, {
      subscription_data: { trial_period_days: 7 },
    })
    await advance(sandbox, { days: 3.9 })
    assert.ok(!story(sandbox, subscription).includes('customer.subscription.trial_will_end'))
    await advance(sandbox, { days: 0.2 })
    assert.equal(story(sandbox, subscription).at(-1), 'customer.subscription.trial_will_end')
    await advance(sandbox, { days: 4 })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
    assert.deepEqual(await invoicesOf(sandbox, subscription), [
      ['subscription_create', 'paid', 0],
      ['subscription_cycle', 'paid', 1300],
    ])
    const types = story(sandbox, subscription)
    assert.equal(types.filter((type) => type === 'customer.subscription.trial_will_end').length, 1)
  })

  it('lets a refund fail later', async () => {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: plans.once.id, quantity: 1 }],
      success_url: 'http://shop.test/',
    })
    const { pay } = await import('../support.ts')
    await pay(session, { card_number: cards.refundFailsLater })
    const intent = String((await stripe.checkout.sessions.retrieve(session.id)).payment_intent)
    const refund = await stripe.refunds.create({ payment_intent: intent })
    assert.equal(refund.status, 'succeeded')
    await advance(sandbox, { days: 1 })
    const failed = await stripe.refunds.retrieve(refund.id, {
      expand: ['charge', 'failure_balance_transaction'],
    })
    const charge = failed.charge as Stripe.Charge
    assert.deepEqual([failed.status, charge.amount_refunded, charge.refunded], ['failed', 0, false])
    assert.equal((failed.failure_balance_transaction as Stripe.BalanceTransaction).amount, 13_000)
  })
})
