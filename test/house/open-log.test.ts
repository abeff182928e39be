import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { openLog } from '../../src/house/open-log.ts'

/** What the log says of an error. */
function logged(error: unknown): { text: string; err: Record<string, unknown> } {
  const lines: string[] = []
  openLog('info', { write: (line) => void lines.push(line) }).warn({ err: error }, 'a request failed')
  assert.equal(lines.length, 1)
  return { text: lines[0] ?? '', err: JSON.parse(lines[0] ?? '').err }
}

describe('the log', () => {
  it('names a fault of the database by its code, without the row', () => {
    const error = Object.assign(
      new Error('duplicate key value violates unique constraint "readers_email_key"'),
      {
        code: '23505',
        constraint: 'readers_email_key',
        detail: 'Key (email)=(alice@example.com) already exists.',
      },
    )
    const { text, err } = logged(error)
    assert.doesNotMatch(text, /alice/)
    assert.equal(err.code, '23505')
    assert.equal(err.constraint, 'readers_email_key')
    assert.match(String(err.stack), /open-log\.test\.ts/)
  })

  it('quotes neither address nor session from what Stripe says', () => {
    const error = new Stripe.errors.StripeInvalidRequestError({
      type: 'invalid_request_error',
      message: "Invalid email address: alice.o'hara+news@mail.example.co.uk for cs_test_a1B2c3",
      code: 'email_invalid',
      param: 'customer_email',
    })
    const { text, err } = logged(new Error('no payment page', { cause: error }))
    assert.doesNotMatch(text, /hara|example|a1B2c3/)
    assert.match(text, /Invalid email address: \[address\]/)
    assert.equal((err.cause as { code: string }).code, 'email_invalid')
  })

  it('takes what is no error too', () => {
    assert.deepEqual(logged('carol@example.com').err, { message: '[address]' })
  })
})
