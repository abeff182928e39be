import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endpoints } from '../../../src/sandbox/resources/endpoints.ts'
import { openSandbox } from '../support.ts'

const sandbox = await openSandbox()

async function call(method: string, path: string, parameters: Record<string, string>) {
  const form = new URLSearchParams(parameters)
  const inQuery = method !== 'POST'
  const answer = await fetch(`${sandbox.url}${path}${inQuery ? `?${form}` : ''}`, {
    method,
    headers: { authorization: 'Bearer sk_test_sandbox' },
    ...(inQuery ? {} : { body: form }),
  })
  const body = (await answer.json()) as {
    error: { type: string; code?: string; param?: string; message: string }
  }
  return { status: answer.status, ...body }
}

describe('every endpoint', () => {
  it('is there', () => assert.ok(endpoints.length > 100, `${endpoints.length} endpoints`))

  for (const { method, path } of endpoints) {
    const address = path.replaceAll(/\{\w+\}/g, 'x_1')

    it(`${method} ${path} refuses a parameter that it does not know`, async () => {
      for (const name of ['no_such_parameter', 'metadta[order]', 'limitt']) {
        const { status, error } = await call(method, address, { [name]: '1' })
        assert.equal(status, 400)
        assert.equal(error.type, 'invalid_request_error')
        assert.equal(error.code, 'parameter_unknown')
        assert.equal(error.param, name.replace(/\[.*/, ''))
        assert.match(error.message, /^Received unknown parameter: /)
      }
    })
  }

  it('answers to its own method alone', async () => {
    const known = new Set(endpoints.map(({ method, path }) => `${method} ${path}`))
    for (const { path } of endpoints) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        if (known.has(`${method} ${path}`)) continue
        const address = path.replaceAll(/\{\w+\}/g, 'x_1')
        // What is no endpoint of its own may be another's id: /v1/invoices/upcoming.
        const { status, error } = await call(method, address, {})
        assert.ok([400, 404].includes(status), `${method} ${address} answered ${status}`)
        assert.equal(error.type, 'invalid_request_error')
      }
    }
  })
})

describe('a parameter inside another', () => {
  for (const [path, name, at] of [
    ['/v1/customers', 'address[sreet]', 'address[sreet]'],
    ['/v1/customers', 'invoice_settings[default_method]', 'invoice_settings[default_method]'],
    ['/v1/prices', 'recurring[every]', 'recurring[every]'],
    ['/v1/prices', 'currency_options[eur][amount]', 'currency_options[eur][amount]'],
    ['/v1/checkout/sessions', 'line_items[0][prize]', 'line_items[0][prize]'],
    ['/v1/checkout/sessions', 'subscription_data[trial_days]', 'subscription_data[trial_days]'],
    ['/v1/subscriptions', 'items[0][plann]', 'items[0][plann]'],
    ['/v1/payment_methods', 'us_bank_account[iban]', 'us_bank_account[iban]'],
    ['/v1/invoices/create_preview', 'subscription_details[item]', 'subscription_details[item]'],
    [
      '/v1/billing_portal/configurations',
      'features[subscription_updates][enabled]',
      'features[subscription_updates]',
    ],
  ] as const) {
    it(`is refused where it is not known: ${name} of ${path}`, async () => {
      const { status, error } = await call('POST', path, { ...needed[path], [name]: '1' })
      assert.deepEqual([status, error.code, error.param], [400, 'parameter_unknown', at])
    })
  }
})

/** What is asked for before the parameter in question is read. */
const needed: Record<string, Record<string, string>> = {
  '/v1/payment_methods': { type: 'card' },
  '/v1/prices': { currency: 'usd' },
  '/v1/subscriptions': { customer: 'cus_1' },
}
