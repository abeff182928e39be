import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { followSubscription } from '../../src/entitlements/follow-subscription.ts'
import { findPlanOnSale } from '../../src/plans/store.ts'
import { syncPrice } from '../../src/plans/sync-price.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand

/** The price of a plan at Stripe, as a portal or a dashboard would offer it. */
async function priceOf(slug: string): Promise<string> {
  const plan = await findPlanOnSale(db, slug, 'USD')
  assert.ok(plan)
  return syncPrice(deps, plan, plan.price)
}

async function subscriptionOf(email: string) {
  return db
    .selectFrom('subscriptions')
    .innerJoin('readers', 'readers.id', 'subscriptions.reader_id')
    .innerJoin('plans', 'plans.id', 'subscriptions.plan_id')
    .innerJoin('prices', 'prices.id', 'subscriptions.price_id')
    .innerJoin('entitlements', 'entitlements.subscription_id', 'subscriptions.id')
    .selectAll('subscriptions')
    .select([
      'plans.slug',
      'prices.stripe_price_id',
      'entitlements.opens as entitled',
      'entitlements.ends_at as until',
    ])
    .where('readers.email', '=', email)
    .executeTakeFirstOrThrow()
}

/** Gives a subscription another price at Stripe. Returns its id there. */
async function change(email: string, price: string, more: object = {}): Promise<string> {
  const { stripe_subscription_id: id } = await subscriptionOf(email)
  const { items } = await stripe.subscriptions.retrieve(id)
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? '', price }], ...more })
  return id
}

async function openDrift(subject: string) {
  return db
    .selectFrom('drift')
    .selectAll()
    .where('subject', '=', subject)
    .where('closed_at', 'is', null)
    .execute()
}

async function historyOf(orderId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('order_history')
    .select('text')
    .where('order_id', '=', orderId)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.text)
}

function daysFromNow(at: Date | null): number {
  return Math.round(((at?.getTime() ?? 0) - newsstand.clock().getTime()) / 86_400_000)
}

const dossier = await db
  .selectFrom('articles')
  .select('slug')
  .where('collection', '=', 'dossiers')
  .where('access', '=', 'subscribers')
  .executeTakeFirstOrThrow()

describe('a change of plan at Stripe', () => {
  it('to one that opens more opens it at once, and the account and the order tell of it', async () => {
    const alice = newsstand.visitor()
    const number = await subscribe(alice, 'alice@example.com', 'digital-monthly')
    assert.match((await alice.get(`/articles/${dossier.slug}`)).text, /data-access="preview"/)
    await change('alice@example.com', await priceOf('all-access-monthly'))
    await eventually(async () =>
      assert.equal((await subscriptionOf('alice@example.com')).slug, 'all-access-monthly'),
    )
    const { entitled, opens, order_id } = await subscriptionOf('alice@example.com')
    assert.deepEqual(entitled, ['daily', 'dossiers'])
    assert.deepEqual(opens, ['daily', 'dossiers'])
    assert.match((await alice.get(`/articles/${dossier.slug}`)).text, /data-access="full"/)
    assert.match((await alice.get('/account')).text, /All-Access, monthly[\s\S]*\$13\.00/)
    const plan = 'Plan changed from Digital, monthly to All-Access, monthly, $13.00 a month'
    assert.ok((await historyOf(order_id)).includes(plan))
    const order = await alice.get(`/orders/${number}`)
    assert.match(order.text, /Digital, monthly/, 'the receipt stays what it was')
  })

  it('to one that opens less closes the rest at once', async () => {
    const bob = newsstand.visitor()
    await subscribe(bob, 'bob@example.com', 'all-access-monthly')
    await change('bob@example.com', await priceOf('digital-monthly'))
    await eventually(async () =>
      assert.match(
        (await bob.get(`/articles/${dossier.slug}`)).text,
        /data-access="preview" data-reason="other"/,
      ),
    )
    assert.match((await bob.get('/articles/quds-force-chief-visits-baghdad')).text, /data-access="full"/)
  })

  it('from a month to a year is paid until a year from now, and back until a month from now', async () => {
    await subscribe(newsstand.visitor(), 'carol@example.com', 'all-access-monthly')
    await change('carol@example.com', await priceOf('all-access-annual'))
    await eventually(async () => {
      const { slug, paid_until, until } = await subscriptionOf('carol@example.com')
      assert.equal(slug, 'all-access-annual')
      assert.equal(daysFromNow(paid_until), 365)
      assert.deepEqual(until, paid_until)
    })
    await change('carol@example.com', await priceOf('all-access-monthly'))
    await eventually(async () => {
      const { slug, paid_until } = await subscriptionOf('carol@example.com')
      assert.equal(slug, 'all-access-monthly')
      assert.ok(daysFromNow(paid_until) <= 31, `${daysFromNow(paid_until)} days`)
    })
  })

  it('is written down once, however often it is followed', async () => {
    await subscribe(newsstand.visitor(), 'often@example.com', 'digital-monthly')
    const id = await change('often@example.com', await priceOf('all-access-monthly'))
    for (let time = 0; time < 3; time++) await followSubscription(deps, id)
    const { order_id } = await subscriptionOf('often@example.com')
    assert.equal((await historyOf(order_id)).filter((text) => text.startsWith('Plan changed')).length, 1)
  })

  it('is not undone by an older answer of Stripe that arrives late', async () => {
    await subscribe(newsstand.visitor(), 'late@example.com', 'digital-monthly')
    const { stripe_subscription_id: id } = await subscriptionOf('late@example.com')
    const before = await stripe.subscriptions.retrieve(id)
    let asked = () => {}
    let answer = () => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const mayAnswer = new Promise<void>((resolve) => {
      answer = resolve
    })
    const subscriptions = {
      retrieve: async () => {
        asked()
        await mayAnswer
        return before
      },
    }
    const slow = { ...deps, stripe: Object.assign(Object.create(stripe), { subscriptions }) }
    const late = followSubscription(slow, id)
    await isAsked
    await change('late@example.com', await priceOf('all-access-monthly'))
    assert.equal((await followSubscription(deps, id)).outcome, 'followed')
    answer()
    assert.equal((await late).outcome, 'stale')
    assert.equal((await subscriptionOf('late@example.com')).slug, 'all-access-monthly')
  })
})

describe('a subscription that bills what is none of ours', () => {
  it('keeps its plan and asks staff, until Stripe bills a plan of ours again', async () => {
    await subscribe(newsstand.visitor(), 'dora@example.com', 'all-access-monthly')
    const foreign = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 500,
      recurring: { interval: 'month' },
      product_data: { name: 'Crosswords' },
    })
    const id = await change('dora@example.com', foreign.id)
    await eventually(async () => assert.equal((await openDrift(id)).length, 1))
    const [drift] = await openDrift(id)
    assert.equal(drift?.kind, 'plan_unknown')
    assert.equal(drift?.stripe_says, `It bills ${foreign.id}`)
    assert.equal(drift?.we_say, 'It is for All-Access, monthly')
    const kept = await subscriptionOf('dora@example.com')
    assert.equal(kept.slug, 'all-access-monthly')
    assert.deepEqual(kept.entitled, ['daily', 'dossiers'])
    await change('dora@example.com', await priceOf('digital-monthly'))
    await eventually(async () => assert.deepEqual(await openDrift(id), []))
    assert.equal((await subscriptionOf('dora@example.com')).slug, 'digital-monthly')
  })

  it('asks staff too where it bills two prices', async () => {
    await subscribe(newsstand.visitor(), 'two@example.com', 'all-access-monthly')
    const { stripe_subscription_id: id } = await subscriptionOf('two@example.com')
    await stripe.subscriptions.update(id, { items: [{ price: await priceOf('digital-monthly') }] })
    await eventually(async () => assert.equal((await openDrift(id))[0]?.kind, 'plan_unknown'))
    assert.equal((await subscriptionOf('two@example.com')).slug, 'all-access-monthly')
  })
})
