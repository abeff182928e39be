import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addPlans, clientOf, openSandbox, refusal, successUrl } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const plans = await addPlans(stripe)

async function raw(path: string, options: RequestInit = {}) {
  const answer = await fetch(`${sandbox.url}${path}`, {
    ...options,
    headers: { authorization: 'Bearer sk_test_sandbox', ...options.headers },
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { error: { type: string; message: string } },
  }
}

describe('every answer of the API', () => {
  it('names its request and its version', async () => {
    const customer = await stripe.customers.create({ email: 'alice@example.com' })
    assert.match(customer.lastResponse.requestId, /^req_\w{14}$/)
    assert.equal(customer.lastResponse.apiVersion, '2026-10-28.endive')
    const { headers } = await raw(`/v1/customers/${customer.id}`)
    assert.equal(headers.get('content-type'), 'application/json')
  })

  it('is for the one key alone', async () => {
    const stranger = await refusal(clientOf(sandbox, 'sk_test_somebody_elses').customers.list())
    assert.equal(stranger.statusCode, 401)
    assert.equal(stranger.type, 'StripeAuthenticationError')
    assert.match(stranger.message, /^Invalid API Key provided: sk_test_\*+lses$/)
    const nobody = await raw('/v1/customers', { headers: { authorization: '' } })
    assert.equal(nobody.status, 401)
    assert.match(nobody.body.error.message, /did not provide an API key/)
    const basic = Buffer.from('sk_test_sandbox:').toString('base64')
    assert.equal((await raw('/v1/account', { headers: { authorization: `Basic ${basic}` } })).status, 200)
  })

  it('refuses other versions of the API, bodies that are no form, and addresses that do not exist', async () => {
    const old = await raw('/v1/account', { headers: { 'stripe-version': '2020-08-27' } })
    assert.equal(old.status, 400)
    const json = await raw('/v1/customers', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"alice@example.com"}',
    })
    assert.equal(json.status, 400)
    assert.match(json.body.error.message, /x-www-form-urlencoded/)
    for (const [method, path] of [
      ['GET', '/v1/nothing'],
      ['DELETE', '/v1/events/evt_1'],
      ['POST', '/v1/account/nothing/at/all'],
    ] as const) {
      const unknown = await raw(path, { method })
      assert.equal(unknown.status, 404)
      assert.equal(unknown.body.error.type, 'invalid_request_error')
      assert.ok(unknown.body.error.message.startsWith(`Unrecognized request URL (${method}: ${path})`))
    }
  })

  it('says which object is missing, and in which place', async () => {
    const absent = await refusal(stripe.customers.retrieve('cus_nobody'))
    assert.deepEqual(
      [absent.statusCode, absent.code, absent.param, absent.message],
      [404, 'resource_missing', 'id', "No such customer: 'cus_nobody'"],
    )
    const params = { mode: 'payment', customer: 'cus_nobody', success_url: successUrl } as const
    const inside = await refusal(stripe.checkout.sessions.create(params))
    assert.deepEqual([inside.statusCode, inside.code, inside.param], [400, 'resource_missing', 'customer'])
    const otherKind = await refusal(stripe.customers.retrieve(plans.annual.id))
    assert.equal(otherKind.code, 'resource_missing')
  })

  it('refuses each parameter that it does not know, wherever it stands', async () => {
    const typo = await refusal(stripe.customers.create({ emial: 'alice@example.com' } as object))
    assert.deepEqual(
      [typo.statusCode, typo.code, typo.param, typo.message],
      [400, 'parameter_unknown', 'emial', 'Received unknown parameter: emial. Did you mean email?'],
    )
    const inner = await refusal(
      stripe.checkout.sessions.create({
        mode: 'payment',
        success_url: successUrl,
        line_items: [{ price: plans.once.id, amount: 1 } as object],
      }),
    )
    assert.equal(inner.param, 'line_items[0][amount]')
    const query = await refusal(stripe.customers.list({ mail: 'alice@example.com' } as object))
    assert.equal(query.code, 'parameter_unknown')
  })

  it('holds a failing transaction’s effects back', async () => {
    const before = (await stripe.products.list({ limit: 100 })).data.length
    await refusal(
      stripe.prices.create({ currency: 'nonsense', unit_amount: 1, product_data: { name: 'Never' } }),
    )
    assert.equal((await stripe.products.list({ limit: 100 })).data.length, before)
  })
})

describe('metadata', () => {
  it('is merged, single names are removed, all is cleared', async () => {
    const customer = await stripe.customers.create({ metadata: { a: '1', b: '2' } })
    const merged = await stripe.customers.update(customer.id, { metadata: { b: '', c: '3' } })
    assert.deepEqual(merged.metadata, { a: '1', c: '3' })
    const cleared = await stripe.customers.update(customer.id, { metadata: '' })
    assert.deepEqual(cleared.metadata, {})
    const long = await refusal(stripe.customers.update(customer.id, { metadata: { ['n'.repeat(41)]: 'x' } }))
    assert.equal(long.statusCode, 400)
  })
})

describe('what is deleted', () => {
  it('is still known as deleted, and is in no list', async () => {
    const customer = await stripe.customers.create({ email: 'gone@example.com' })
    assert.deepEqual(await stripe.customers.del(customer.id), {
      id: customer.id,
      object: 'customer',
      deleted: true,
    })
    assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true)
    assert.deepEqual((await stripe.customers.list({ email: 'gone@example.com' })).data, [])
    const update = await refusal(stripe.customers.update(customer.id, { name: 'x' }))
    assert.equal(update.code, 'resource_missing')
  })
})

describe('lookup keys', () => {
  it('belong to one price, and move when they are told to', async () => {
    const make = (transfer_lookup_key?: boolean) =>
      stripe.prices.create({
        product: plans.product.id,
        currency: 'usd',
        unit_amount: 100,
        lookup_key: 'standard',
        ...(transfer_lookup_key ? { transfer_lookup_key } : {}),
      })
    const first = await make()
    assert.equal((await refusal(make())).param, 'lookup_key')
    const second = await make(true)
    const { data } = await stripe.prices.list({ lookup_keys: ['standard', 'other'] })
    assert.deepEqual(
      data.map((price) => price.id),
      [second.id],
    )
    assert.equal((await stripe.prices.retrieve(first.id)).lookup_key, null)
  })

  it('are given once when two ask at the same moment', async () => {
    const make = () =>
      stripe.prices.create({
        product: plans.product.id,
        currency: 'usd',
        unit_amount: 100,
        lookup_key: 'contested',
      })
    const results = await Promise.allSettled(Array.from({ length: 6 }, make))
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
  })
})
