import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pg from 'pg'
import { clientOf, openSandbox, refusal } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox
const faults = (settings: object) =>
  fetch(`${sandbox.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reset: true, ...settings }),
  })

describe('an idempotency key', () => {
  it('gives the first result again, marked as such, and does nothing twice', async () => {
    const create = () => stripe.customers.create({ email: 'once@example.com' }, { idempotencyKey: 'a' })
    const first = await create()
    const second = await create()
    assert.equal(second.id, first.id)
    assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true')
    assert.equal(second.lastResponse.headers['original-request'], first.lastResponse.requestId)
    assert.notEqual(second.lastResponse.requestId, first.lastResponse.requestId)
    assert.equal((await stripe.customers.list({ email: 'once@example.com' })).data.length, 1)
    const [event] = (await stripe.events.list({ type: 'customer.created', limit: 1 })).data
    assert.deepEqual(event?.request, { id: first.lastResponse.requestId, idempotency_key: 'a' })
  })

  it('is the same for the same parameters in another order', async () => {
    const first = await stripe.customers.create(
      { email: 'b@example.com', name: 'B' },
      { idempotencyKey: 'b' },
    )
    const second = await stripe.customers.create(
      { name: 'B', email: 'b@example.com' },
      { idempotencyKey: 'b' },
    )
    assert.equal(second.id, first.id)
  })

  it('is refused with other parameters and for another endpoint', async () => {
    await stripe.customers.create({ email: 'c@example.com' }, { idempotencyKey: 'c' })
    const other = await refusal(stripe.customers.create({ email: 'd@example.com' }, { idempotencyKey: 'c' }))
    assert.deepEqual([other.statusCode, other.type], [400, 'StripeIdempotencyError'])
    assert.match(other.message, /only be used with the same parameters/)
    const elsewhere = await refusal(stripe.products.create({ name: 'C' }, { idempotencyKey: 'c' }))
    assert.match(
      elsewhere.message,
      /same endpoint they were first used for \('\/v1\/products' vs '\/v1\/customers'\)/,
    )
    const long = await refusal(stripe.customers.create({}, { idempotencyKey: 'x'.repeat(256) }))
    assert.equal(long.statusCode, 400)
  })

  it('is not kept by a request that was refused', async () => {
    const bad = await refusal(stripe.customers.create({ email: 'no address' }, { idempotencyKey: 'e' }))
    assert.equal(bad.statusCode, 400)
    const good = await stripe.customers.create({ email: 'e@example.com' }, { idempotencyKey: 'e' })
    assert.equal(good.lastResponse.headers['idempotent-replayed'], undefined)
  })

  it('keeps a 500, and gives it again', async () => {
    await faults({ api_failure: 1 })
    const create = () => stripe.customers.create({ email: 'f@example.com' }, { idempotencyKey: 'f' })
    const first = await refusal(create())
    assert.equal(first.statusCode, 500)
    assert.equal(first.headers?.['sandbox-fault'], 'before')
    await faults({})
    const second = await refusal(create())
    assert.equal(second.statusCode, 500)
    assert.equal(second.headers?.['idempotent-replayed'], 'true')
    assert.deepEqual((await stripe.customers.list({ email: 'f@example.com' })).data, [])
  })

  it('finds the effect of a request whose answer was lost', async () => {
    await faults({ api_failure_after: 1 })
    const create = () => stripe.customers.create({ email: 'g@example.com' }, { idempotencyKey: 'g' })
    const failed = await refusal(create())
    assert.deepEqual([failed.statusCode, failed.headers?.['sandbox-fault']], [500, 'after'])
    await faults({})
    const found = await create()
    assert.deepEqual(
      (await stripe.customers.list({ email: 'g@example.com' })).data.map((one) => one.id),
      [found.id],
    )
  })

  it('is not kept by a 429', async () => {
    await faults({ rate_limit: 1 })
    const create = () => stripe.customers.create({ email: 'h@example.com' }, { idempotencyKey: 'h' })
    const limited = await refusal(create())
    assert.deepEqual(
      [limited.statusCode, limited.type, limited.code],
      [429, 'StripeRateLimitError', 'rate_limit'],
    )
    await faults({})
    assert.equal((await create()).email, 'h@example.com')
  })

  it('answers 409 while the first request is under way', async () => {
    const client = new pg.Client({ connectionString: sandbox.databaseUrl })
    await client.connect()
    await client.query('begin')
    // As the sandbox's own request would hold it.
    await client.query("select pg_advisory_xact_lock(hashtextextended('sandbox idempotency ' || 'i', 0))")
    const create = () => stripe.customers.create({ email: 'i@example.com' }, { idempotencyKey: 'i' })
    const meanwhile = await refusal(create())
    assert.deepEqual([meanwhile.statusCode, meanwhile.code], [409, 'idempotency_key_in_use'])
    await client.query('rollback')
    await client.end()
    assert.equal((await create()).email, 'i@example.com')
  })

  it('does one thing when fifty requests come at once', async () => {
    const client = clientOf(sandbox)
    const create = () => client.customers.create({ email: 'j@example.com' }, { idempotencyKey: 'j' })
    const results = await Promise.allSettled(Array.from({ length: 50 }, create))
    assert.ok(results.some((result) => result.status === 'fulfilled'))
    assert.equal((await stripe.customers.list({ email: 'j@example.com' })).data.length, 1)
  })
})
