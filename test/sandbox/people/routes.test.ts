import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addPlans, advance, drained, eventually, openSandbox, post, subscribe } from '../support.ts'

const sandbox = await openSandbox()
const { stripe, receiver } = sandbox
const plans = await addPlans(stripe)
const get = async (path: string) => {
  const answer = await fetch(sandbox.url + path)
  return { status: answer.status, text: await answer.text() }
}

describe('the page for people', () => {
  it('shows subscriptions, payments, events and what else there is', async () => {
    const subscription = await subscribe(stripe, plans.annual)
    await drained(sandbox)
    const { text } = await get('/')
    assert.match(text, /alice@example\.com/)
    assert.match(text, /\$130\.00 every year/)
    assert.match(text, /checkout\.session\.completed<\/a><\/td><td>delivered/)
    assert.match(text, /href="\/objects\/checkout\.session\/cs_test_/)
    assert.match(text, /action="\/events\/evt_\w+\/deliveries"/)
    assert.match(text, /href="\/objects\/customer">customer<\/a><\/dt><dd>1</)
    assert.match((await get('/objects/subscription')).text, new RegExp(subscription.id))
    const object = await get(`/objects/subscription/${subscription.id}`)
    assert.match(object.text, /&#34;status&#34;: &#34;active&#34;/)
    assert.match(object.text, /customer\.subscription\.created/)
  })

  it('makes the next renewal fail, once', async () => {
    const subscription = await subscribe(stripe, plans.monthly)
    const answer = await post(`${sandbox.url}/subscriptions/${subscription.id}/next-renewal`, {
      fails: 'yes',
    })
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/'])
    assert.match((await get('/')).text, /Let the next renewal go through/)
    const end = subscription.items.data[0]?.current_period_end ?? 0
    await advance(sandbox, { until: new Date((end + 7200) * 1000).toISOString() })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due')
    await advance(sandbox, { days: 2 })
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active')
  })

  it('opens a dispute and decides it', async () => {
    const subscription = await subscribe(stripe, plans.annual, { email: 'bob@example.com' })
    const [charge] = (await stripe.charges.list({ customer: String(subscription.customer) })).data
    const address = `${sandbox.url}/charges/${charge?.id}/dispute`
    assert.equal((await post(address, {})).status, 303)
    assert.equal((await post(address, {})).status, 409)
    const [dispute] = (await stripe.disputes.list({ charge: charge?.id ?? '' })).data
    assert.equal(dispute?.status, 'needs_response')
    await post(`${sandbox.url}/disputes/${dispute?.id}/verdict`, { verdict: 'won' })
    assert.equal((await stripe.disputes.retrieve(dispute?.id ?? '')).status, 'won')
    assert.equal(
      (await post(`${sandbox.url}/disputes/${dispute?.id}/verdict`, { verdict: 'lost' })).status,
      409,
    )
  })

  it('shows an event with its deliveries, and sends it again', async () => {
    await drained(sandbox)
    const [event] = (await stripe.events.list({ limit: 1 })).data
    const path = `/events/${event?.id}`
    assert.match((await get(path)).text, /the app<\/td><td>delivered<\/td><td>[^<]+<\/td><td>200 in \d+ ms/)
    receiver.events.length = 0
    assert.equal((await post(`${sandbox.url}${path}/deliveries`, {})).headers.get('location'), path)
    await eventually(() => receiver.events.some((one) => one.id === event?.id), 'the event again')
  })

  it('knows nothing that is not there', async () => {
    for (const path of ['/events/evt_nobody', '/objects/charge/ch_nobody', '/nowhere']) {
      assert.equal((await get(path)).status, 404)
    }
    for (const path of [
      '/events/evt_nobody/deliveries',
      '/subscriptions/sub_nobody/next-renewal',
      '/disputes/du_nobody/verdict',
    ]) {
      assert.equal((await post(sandbox.url + path, {})).status, 409)
    }
    assert.match((await get('/objects/nonsense')).text, /There is none/)
  })
})
