import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { orUnread, Unread } from '../../src/reconcile/unread.ts'

const raw = { message: 'no', type: 'api_error' } as const

function withCode(code: string): Error {
  return Object.assign(new Error('no'), { code })
}

async function tryTwice(fault: unknown): Promise<{ outcome: unknown; tries: number }> {
  let tries = 0
  const outcome = await orUnread(async () => {
    tries += 1
    throw fault
  }).catch((error: unknown) => error)
  return { outcome, tries }
}

describe('what cannot be read', () => {
  const stays = {
    'a status that nobody knows': new Error('no'),
    'a field that is not there': new TypeError('no'),
    'what Stripe refuses': new Stripe.errors.StripeInvalidRequestError({ ...raw, code: 'unsupported' }),
    'what the database takes for no date': withCode('22007'),
    'what breaks a constraint': withCode('23505'),
  }
  for (const [name, fault] of Object.entries(stays))
    it(`is ${name}, tried twice`, async () => {
      const { outcome, tries } = await tryTwice(fault)
      assert.deepEqual(outcome, new Unread('no'))
      assert.equal(tries, 2)
    })

  const passes = {
    'a connection to Stripe that breaks': new Stripe.errors.StripeConnectionError(raw),
    'a fault of Stripe’s': new Stripe.errors.StripeAPIError(raw),
    'too many questions': new Stripe.errors.StripeRateLimitError(raw),
    'a key that is refused': new Stripe.errors.StripeAuthenticationError(raw),
    'a connection to the database that breaks': withCode('ECONNRESET'),
    'a database that is shut down': withCode('57P01'),
    'a deadlock': withCode('40P01'),
    'a connection that ended': new Error('Connection terminated unexpectedly'),
    'a connection that nobody may ask': new Error('Client was closed and is not queryable'),
    'no connection to be had': new Error('timeout exceeded when trying to connect'),
  }
  for (const [name, fault] of Object.entries(passes))
    it(`is not ${name}`, async () => {
      const { outcome, tries } = await tryTwice(fault)
      assert.equal(outcome, fault)
      assert.equal(tries, 1)
    })

  it('is not what can be read the second time', async () => {
    const answers = [Promise.reject(new Error('no')), Promise.resolve(7)]
    assert.equal(await orUnread(() => answers.shift() ?? assert.fail()), 7)
  })
})
