import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pg from 'pg'
import type Stripe from 'stripe'
import { startSandbox } from '../../../src/sandbox/start-sandbox.ts'
import { clientOf, drained, eventually, openReceiver, openSandbox } from '../support.ts'

const sandbox = await openSandbox()
const { stripe, receiver } = sandbox
const faults = (settings: object) =>
  fetch(`${sandbox.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reset: true, ...settings }),
  })

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: sandbox.databaseUrl })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

const nothingWaits = () =>
  eventually(
    async () => (await query("select from sandbox.deliveries where state = 'pending'")).length === 0,
    'the last delivery',
  )

describe('an event', () => {
  it('is sent signed, as it is in the API', async () => {
    const product = await stripe.products.create({ name: 'Signed' }, { idempotencyKey: 'signed' })
    await eventually(() => receiver.events.length === 1, 'the event')
    const [event] = receiver.events
    assert.equal(event?.type, 'product.created')
    assert.deepEqual(event?.request, { id: product.lastResponse.requestId, idempotency_key: 'signed' })
    assert.equal(event?.pending_webhooks, 1)
    await drained(sandbox)
    const kept = await stripe.events.retrieve(event?.id ?? '')
    assert.equal(kept.pending_webhooks, 0)
    assert.deepEqual(kept.data, event?.data)
  })

  it('names what was before', async () => {
    const customer = await stripe.customers.create({ name: 'A', metadata: { a: '1', b: '2' } })
    await stripe.customers.update(customer.id, { name: 'B', metadata: { a: '3' } })
    await eventually(() => receiver.events.some((event) => event.type === 'customer.updated'), 'the update')
    const update = receiver.events.find((event) => event.type === 'customer.updated')
    assert.deepEqual(update?.data.previous_attributes, { name: 'A', metadata: { a: '1' } })
  })

  it('comes after what happened to the same customer before', async () => {
    const customers = await Promise.all(
      Array.from({ length: 8 }, () => stripe.customers.create({ description: '0' })),
    )
    for (let round = 1; round <= 5; round++)
      await Promise.all(customers.map(({ id }) => stripe.customers.update(id, { description: `${round}` })))
    await drained(sandbox)
    for (const { id } of customers) {
      const told = receiver.events.map((event) => event.data.object as Stripe.Customer)
      const rounds = told.filter((customer) => customer.id === id).map((customer) => customer.description)
      assert.deepEqual(rounds, ['0', '1', '2', '3', '4', '5'])
    }
  })

  it('is sent again until it is answered with 2xx, and each attempt is on record', async () => {
    await drained(sandbox)
    receiver.events.length = 0
    receiver.answers.push(500, 302)
    await stripe.products.create({ name: 'Stubborn' })
    await eventually(() => receiver.events.length === 2, 'the second attempt')
    // The next would come after five seconds: as if they had passed.
    await eventually(
      async () => (await query('select from sandbox.deliveries where attempts = 2')).length === 1,
      'its record',
    )
    await query("update sandbox.deliveries set next_at = now() where state = 'pending'")
    await drained(sandbox)
    assert.equal(new Set(receiver.events.map((event) => event.id)).size, 1)
    assert.equal(receiver.events.length, 3)
    const id = receiver.events[0]?.id ?? ''
    const attempts = await query(`
      select status from sandbox.delivery_attempts a join sandbox.deliveries d on d.id = a.delivery_id
      where event_id = '${id}' order by a.id`)
    assert.deepEqual(
      attempts.map((row) => row.status),
      [500, 302, 200],
    )
  })

  it('is sent twice, late, out of order or never where faults say so', async () => {
    const names = async (settings: object, count: number) => {
      await nothingWaits()
      await faults(settings)
      receiver.events.length = 0
      for (let index = 0; index < count; index++) await stripe.products.create({ name: `${index}` })
      await nothingWaits()
      await faults({})
      return receiver.events.map((event) => ('name' in event.data.object ? event.data.object.name : ''))
    }
    assert.deepEqual((await names({ duplicate: 1 }, 2)).sort(), ['0', '0', '1', '1'])
    assert.deepEqual(await names({ drop: 1 }, 3), [])
    const shuffled = await names({ reorder: 0.5 }, 30)
    assert.equal(new Set(shuffled).size, 30)
    assert.notDeepEqual(
      shuffled,
      Array.from({ length: 30 }, (_, index) => `${index}`),
    )
    const start = performance.now()
    assert.equal((await names({ delay_ms: 400 }, 4)).length, 4)
    assert.ok(performance.now() - start > 50)
    const dropped = await stripe.events.list({ delivery_success: false, limit: 100 })
    assert.equal(dropped.data.length, 3)
  })
})

describe('an address that wants some types', () => {
  it('gets those alone; the others are listed all the same', async () => {
    const choosy = await openSandbox({ enabledEvents: ['customer.updated', 'product.created'] })
    const customer = await choosy.stripe.customers.create({ name: 'A' })
    await choosy.stripe.customers.update(customer.id, { name: 'B' })
    await choosy.stripe.products.create({ name: 'Last' })
    await eventually(() => choosy.receiver.events.length === 2, 'both events')
    const listed = await choosy.stripe.events.list()
    assert.deepEqual(listed.data.map((event) => event.type).reverse(), [
      'customer.created',
      'customer.updated',
      'product.created',
    ])
    assert.deepEqual(choosy.receiver.events.map((event) => event.type).sort(), [
      'customer.updated',
      'product.created',
    ])
    const unwanted = listed.data.find((event) => event.type === 'customer.created')
    assert.equal(unwanted?.pending_webhooks, 0)
  })
})

describe('a sandbox that starts again', () => {
  it('goes on delivering what is left, to the address that it has now', async () => {
    await nothingWaits()
    sandbox.sendEventsTo('http://127.0.0.1:1/nobody')
    const product = await stripe.products.create({ name: 'Left over' })
    await eventually(
      async () =>
        (await query("select from sandbox.deliveries where state = 'pending' and attempts > 0")).length > 0,
      'a failed attempt',
    )
    const other = await openReceiver()
    sandbox.sendEventsTo(other.url)
    const second = await startSandbox({ databaseUrl: sandbox.databaseUrl, port: 0, webhookUrl: other.url })
    await query("update sandbox.deliveries set next_at = now() where state = 'pending'")
    await eventually(() => other.events.length === 1, 'the left-over event')
    const [left] = other.events
    assert.equal(left && 'id' in left.data.object ? left.data.object.id : null, product.id)
    // Both processes serve the same things and deliver each event once.
    for (let index = 0; index < 40; index++) {
      await clientOf(index % 2 ? sandbox : second).products.create({ name: `Shared ${index}` })
    }
    await eventually(() => other.events.length === 41, 'all events')
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(new Set(other.events.map((event) => event.id)).size, 41)
    assert.equal(other.events.length, 41)
    assert.equal(
      (await clientOf(second).accounts.retrieveCurrent()).id,
      (await stripe.accounts.retrieveCurrent()).id,
    )
    await second.close()
    await other.close()
  })

  it('sends at once what a killed process had taken', async () => {
    const other = await openReceiver()
    sandbox.sendEventsTo('http://127.0.0.1:1/nobody')
    await stripe.products.create({ name: 'Taken' })
    await eventually(
      async () =>
        (await query("select from sandbox.deliveries where state = 'pending' and attempts > 0")).length > 0,
      'a failed attempt',
    )
    // As a process leaves it that is killed while it sends: leased, by a session that is no more.
    await query(`update sandbox.deliveries set leased_until = now() + interval '1 hour', leased_by = 1, next_at = now()
      where state = 'pending'`)
    sandbox.sendEventsTo(other.url)
    await eventually(() => other.events.length === 1, 'the event')
    await other.close()
  })
})
