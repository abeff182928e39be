import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findPlanOnSale } from '../../src/plans/store.ts'
import { syncPrice } from '../../src/plans/sync-price.ts'
import { compareAll, listOpen } from '../reconcile/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { choose, goToPayment, pay, signIn, subscribe, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const email = 'alice@example.com'

/** From a year to a month, settled at once: Stripe keeps the rest of the year as the customer's credit. Then cancelled. */
async function leaveCredit(number: string): Promise<void> {
  const order = await db
    .selectFrom('orders')
    .selectAll()
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  const id = order.stripe_subscription_id ?? ''
  const plan = await findPlanOnSale(db, 'all-access-monthly', 'USD')
  assert.ok(plan)
  const price = await syncPrice(deps, plan, plan.price)
  const { items } = await stripe.subscriptions.retrieve(id)
  await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? '', price }],
    proration_behavior: 'always_invoice',
  })
  await stripe.subscriptions.cancel(id)
  const state = () => db.selectFrom('subscriptions').select('state').executeTakeFirstOrThrow()
  await eventually(async () => assert.equal((await state()).state, 'canceled'))
}

describe('a purchase that credit at Stripe pays for', () => {
  it('opens what was bought, records no money that did not move, and is no difference', async () => {
    const alice = newsstand.visitor()
    await leaveCredit(await subscribe(alice, email))
    await signIn(newsstand, alice, email)
    await choose(alice, 'all-access-monthly')
    const back = await alice.get(wayBack(await pay(await goToPayment(alice, email), email))).expect(303)
    const page = await alice.get(back.headers.location ?? '').expect(200)
    assert.match(page.text, /data-order-state="paid" data-order-total="13.00"/)
    assert.match((await alice.get('/articles/quds-force-chief-visits-baghdad')).text, /data-access="full"/)
    const [order] = await db.selectFrom('orders').selectAll().orderBy('placed_at', 'desc').limit(1).execute()
    const payments = await db
      .selectFrom('payments')
      .selectAll()
      .where('order_id', '=', order?.id ?? '')
      .execute()
    assert.deepEqual(payments, [])
    const history = await db
      .selectFrom('order_history')
      .select('text')
      .where('order_id', '=', order?.id ?? '')
      .execute()
    assert.ok(history.some(({ text }) => text === 'Paid $13.00 from credit'))
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })
})
