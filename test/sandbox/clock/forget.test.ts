import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pg from 'pg'
import { startSandbox } from '../../../src/sandbox/start-sandbox.ts'
import { addPlans, advance, drained, eventually, openSandbox, subscribe } from '../support.ts'

const sandbox = await openSandbox()
const { stripe } = sandbox

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: sandbox.databaseUrl })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

describe('what is old', () => {
  it('is forgotten: events after a month of the sandbox’s time', async () => {
    const plans = await addPlans(stripe)
    await subscribe(stripe, plans.monthly)
    await drained(sandbox)
    const [{ id } = { id: '' }] = await query('select id from sandbox.events order by seq limit 1')
    assert.ok(await stripe.events.retrieve(String(id)))
    const answer = await advance(sandbox, { days: 70 })
    assert.deepEqual(await query(`select id from sandbox.events where id = '${id}'`), [])
    assert.ok((answer.body.delivered ?? 0) >= 20)
    assert.ok((await stripe.events.list()).data.length > 0)
  })

  it('is forgotten: idempotency keys after a real day, after which they make a new request', async () => {
    const create = () => stripe.customers.create({ email: 'alice@example.com' }, { idempotencyKey: 'old' })
    const first = await create()
    await query("update sandbox.idempotency_keys set created_at = created_at - interval '25 hours'")
    const second = await startSandbox({ databaseUrl: sandbox.databaseUrl, port: 0, webhookUrl: null })
    await eventually(
      async () => (await query('select from sandbox.idempotency_keys')).length === 0,
      'the key’s end',
    )
    await second.close()
    assert.notEqual((await create()).id, first.id)
  })
})
