import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../../../src/sandbox/start-sandbox.ts'
import { openSandbox, refusal } from '../support.ts'

const sandbox = await openSandbox()
const off = {
  duplicate: 0,
  delay_ms: 0,
  reorder: 0,
  drop: 0,
  api_failure: 0,
  api_failure_after: 0,
  rate_limit: 0,
}
const set = (body: string | URLSearchParams, headers: Record<string, string> = {}) =>
  fetch(`${sandbox.url}/faults`, { method: 'POST', body, headers, redirect: 'manual' })
const json = { 'content-type': 'application/json' }
const read = async (url = sandbox.url) => (await fetch(`${url}/faults`)).json()

describe('faults', () => {
  it('are off at first, are set one by one, and all switched off', async () => {
    assert.deepEqual(await read(), off)
    assert.equal((await set(JSON.stringify({ duplicate: 0.5, delay_ms: 20 }), json)).status, 200)
    assert.equal((await set(new URLSearchParams({ drop: '0.1' }))).status, 200)
    assert.deepEqual(await read(), { ...off, duplicate: 0.5, delay_ms: 20, drop: 0.1 })
    const answer = await set(new URLSearchParams({ reset: '1' }), { accept: 'text/html' })
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/faults'])
    assert.deepEqual(await read(), off)
  })

  it('that make no sense are refused with the reason', async () => {
    for (const body of [{ drop: 2 }, { drop: -1 }, { delay_ms: 1.5 }, { duplicate: 'often' }, { drip: 1 }]) {
      const answer = await set(JSON.stringify(body), json)
      assert.equal(answer.status, 422, JSON.stringify(body))
      assert.match(await answer.text(), new RegExp(Object.keys(body)[0] ?? ''))
    }
    const page = await set(new URLSearchParams({ drop: '2' }), { accept: 'text/html' })
    assert.equal(page.status, 422)
    assert.match(await page.text(), /role="alert">drop must be a number from 0 to 1/)
    assert.deepEqual(await read(), off)
  })

  it('outlive a restart', async () => {
    await set(JSON.stringify({ drop: 0.25 }), json)
    const second = await startSandbox({ databaseUrl: sandbox.databaseUrl, port: 0, webhookUrl: null })
    assert.deepEqual(await read(second.url), { ...off, drop: 0.25 })
    await second.close()
    await set(JSON.stringify({ reset: true }), json)
  })

  it('fail an API call before its effect, or after it', async () => {
    const { stripe } = sandbox
    await set(JSON.stringify({ api_failure: 1 }), json)
    const failed = await refusal(stripe.customers.create({ email: 'before@example.com' }))
    assert.deepEqual([failed.statusCode, failed.type], [500, 'StripeAPIError'])
    assert.equal((await refusal(stripe.customers.list())).statusCode, 500)
    await set(JSON.stringify({ reset: true, api_failure_after: 1 }), json)
    assert.equal((await refusal(stripe.customers.create({ email: 'after@example.com' }))).statusCode, 500)
    await set(JSON.stringify({ reset: true }), json)
    assert.equal((await stripe.customers.list({ email: 'before@example.com' })).data.length, 0)
    assert.equal((await stripe.customers.list({ email: 'after@example.com' })).data.length, 1)
  })
})
