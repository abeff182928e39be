import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ensureCustomer } from '../../src/checkout/customers.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand

async function setFaults(fields: Record<string, string>): Promise<void> {
  const body = new URLSearchParams({ reset: 'on', ...fields })
  const answer = await fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body })
  assert.equal(answer.status, 200)
}

/** While Stripe answers everything with 500, and keeps that under the key of what it was asked. */
async function duringAnOutage<T>(work: () => Promise<T>): Promise<T> {
  await setFaults({ api_failure: '1' })
  try {
    return await work()
  } finally {
    await setFaults({})
  }
}

describe('a fault that Stripe keeps under an idempotency key', () => {
  it('does not keep a reader from the payment page once it is over', async () => {
    await subscribe(newsstand.visitor(), 'first@example.com')
    const visitor = newsstand.visitor()
    await choose(visitor)
    const form = { email: 'second@example.com', consent_renewal: 'on' }
    await duringAnOutage(() => visitor.post('/checkout').type('form').send(form).expect(503))
    await goToPayment(visitor, 'second@example.com')
    const orders = await db.selectFrom('orders').selectAll().where('email', '=', form.email).execute()
    assert.equal(orders.length, 1)
  })

  it('does not keep a reader from having a customer, and leaves one that counts', async () => {
    const { id } = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'first@example.com')
      .executeTakeFirstOrThrow()
    const ask = () => ensureCustomer(deps, id, 'first@example.com', 'EUR')
    await assert.rejects(duringAnOutage(ask))
    const customer = await ask()
    assert.equal(await ask(), customer)
  })
})
