import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSandbox, refusal } from '../support.ts'

const { stripe } = await openSandbox()
const ids: string[] = []
for (let index = 0; index < 25; index++) {
  ids.unshift(
    (await stripe.customers.create({ email: index % 2 ? 'odd@example.com' : 'even@example.com' })).id,
  )
}

describe('a list', () => {
  it('has ten of the newest, and says that there is more', async () => {
    const page = await stripe.customers.list()
    assert.deepEqual(
      page.data.map((one) => one.id),
      ids.slice(0, 10),
    )
    assert.equal(page.has_more, true)
    assert.equal(page.url, '/v1/customers')
  })

  it('goes on after an id, and back before one', async () => {
    const after = await stripe.customers.list({ limit: 10, starting_after: ids[19] ?? '' })
    assert.deepEqual(
      after.data.map((one) => one.id),
      ids.slice(20),
    )
    assert.equal(after.has_more, false)
    const before = await stripe.customers.list({ limit: 3, ending_before: ids[5] ?? '' })
    assert.deepEqual(
      before.data.map((one) => one.id),
      ids.slice(2, 5),
    )
    assert.equal(before.has_more, true)
  })

  it('is walked whole by the client', async () => {
    const all = await stripe.customers.list({ limit: 7 }).autoPagingToArray({ limit: 100 })
    assert.deepEqual(
      all.map((one) => one.id),
      ids,
    )
  })

  it('is filtered', async () => {
    const odd = await stripe.customers.list({ email: 'odd@example.com', limit: 100 })
    assert.equal(odd.data.length, 12)
    const now = Math.floor(Date.now() / 1000)
    assert.equal((await stripe.customers.list({ created: { gt: now + 60 } })).data.length, 0)
    assert.equal(
      (await stripe.customers.list({ created: { gte: now - 600, lte: now + 60 }, limit: 100 })).data.length,
      25,
    )
  })

  it('refuses cursors that lead nowhere and pages that are too long', async () => {
    const unknown = await refusal(stripe.customers.list({ starting_after: 'cus_nobody' }))
    assert.deepEqual([unknown.statusCode, unknown.code], [400, 'resource_missing'])
    for (const limit of [0, 101])
      assert.equal((await refusal(stripe.customers.list({ limit }))).param, 'limit')
    const both = await refusal(
      stripe.customers.list({ starting_after: ids[1] ?? '', ending_before: ids[2] ?? '' }),
    )
    assert.equal(both.statusCode, 400)
  })
})

describe('the list of events', () => {
  it('is filtered by type, stars included, and by moment', async () => {
    await stripe.products.create({ name: 'P' })
    const products = await stripe.events.list({ type: 'product.*' })
    assert.deepEqual(
      products.data.map((event) => event.type),
      ['product.created'],
    )
    const both = await stripe.events.list({ types: ['product.created', 'customer.created'], limit: 100 })
    assert.equal(both.data.length, 26)
    const [latest] = both.data
    assert.equal((await stripe.events.retrieve(latest?.id ?? '')).type, 'product.created')
    const older = await stripe.events.list({ starting_after: latest?.id ?? '', limit: 1 })
    assert.equal(older.data[0]?.type, 'customer.created')
    assert.equal((await refusal(stripe.events.retrieve('evt_nobody'))).code, 'resource_missing')
    const tooMany = Array.from({ length: 21 }, () => 'charge.succeeded')
    assert.equal((await refusal(stripe.events.list({ types: tooMany }))).param, 'types')
  })
})
