import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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
