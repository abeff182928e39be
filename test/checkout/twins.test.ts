import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { inTransaction } from '../../src/db/database.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, type Visitor } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

async function setFaults(fields: Record<string, string>): Promise<void> {
  const answer = await fetch(`${newsstand.sandboxUrl}/faults`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  assert.ok(answer.ok)
}

describe('a checkout whose twin is still under way', () => {
  it('opens no second payment page for the order', async () => {
    const email = 'twins@example.com'
    const visitor = newsstand.visitor()
    await choose(visitor)
    await setFaults({ api_failure: '1' })
    await visitor.post('/checkout').type('form').send({ email, consent_renewal: 'on' }).expect(503)
    await setFaults({ reset: 'on' })
    const order = await db.selectFrom('orders').selectAll().executeTakeFirstOrThrow()
    const key = `${newsstand.installation.id}:${order.id}:1`
    await inTransaction(db, async (tx) => {
      // As the sandbox holds a key while it works on the request that bears it.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sandbox idempotency ${key}`}, 0))`.execute(
        tx,
      )
      await visitor.post('/checkout').type('form').send({ email, consent_renewal: 'on' }).expect(503)
    })
    await goToPayment(visitor, email)
    const sessions = await db.selectFrom('checkout_sessions').select('attempt').execute()
    assert.deepEqual(sessions, [{ attempt: 1 }])
  })
})

describe('a form that is sent twice at once', () => {
  const send = (visitor: Visitor, email: string) =>
    visitor.post('/checkout').type('form').send({ email, consent_renewal: 'on' })

  it('is one order with one payment page', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor, 'digital-monthly')
    await visitor.get('/checkout').expect(200)
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(visitor, 'twice@example.com')))
    const [first] = answers
    assert.match(first?.headers.location ?? '', /\/pay\//)
    for (const answer of answers) assert.equal(answer.headers.location, first?.headers.location)
    const orders = await db
      .selectFrom('orders')
      .select('id')
      .where('email', '=', 'twice@example.com')
      .execute()
    assert.equal(orders.length, 1)
  })

  it('with an address that no mail could reach is no order', async () => {
    const visitor = newsstand.visitor()
    await choose(visitor, 'digital-monthly')
    await send(visitor, `${'x'.repeat(65)}@example.com`).expect(422)
  })
})
