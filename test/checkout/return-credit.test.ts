import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { declareDuplicate } from '../../src/checkout/declare-duplicate.ts'
import { undoDuplicate } from '../../src/checkout/undo-duplicate.ts'
import { advance, compareAll, listOpen, settled } from '../reconcile/support.ts'
import { eventually, mailTo, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, signIn, subscribe, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
await addPass(newsstand)

const orderOf = (id: string) =>
  db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** A page for a reader who is signed in. Her other order is out of sight meanwhile, so that its page stays open. */
async function openPage(reader: Visitor, email: string, plans: string[]) {
  for (const plan of plans) await choose(reader, plan)
  const page = await goToPayment(reader, email)
  const { id, reader_id } = await db
    .selectFrom('orders')
    .selectAll()
    .where('email', '=', email)
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow()
  const seen = { email, reader_id }
  const show = (as: { email: string; reader_id: string | null }) =>
    db.updateTable('orders').set(as).where('id', '=', id).execute()
  await show({ email: `hidden-${email}`, reader_id: null })
  return {
    id,
    pay: async () => {
      await show(seen)
      await reader.get(wayBack(await pay(page, email))).expect(303)
      return orderOf(id)
    },
  }
}

/** Two pages are paid; before the second is, its customer has so much credit. Returns the second order. */
async function buyTwice(email: string, credit: number, plans: string[]) {
  await subscribe(newsstand.visitor(), email, 'digital-monthly')
  const known = await db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
  await stripe.subscriptions.cancel(known.stripe_subscription_id ?? '')
  await settled(newsstand)
  const pages = []
  for (const wanted of [['all-access-annual'], plans]) {
    const reader = newsstand.visitor()
    await signIn(newsstand, reader, email)
    pages.push(await openPage(reader, email, wanted))
  }
  const [first, second] = pages
  assert.ok(first && second)
  const { stripe_customer_id: customer } = await first.pay()
  const amount = { amount: -credit, currency: 'usd' }
  await stripe.customers.createBalanceTransaction(customer ?? '', amount)
  const order = await second.pay()
  assert.equal(order.stripe_customer_id, customer)
  return order
}

async function undone(orderId: string) {
  await eventually(async () => {
    const rows = await db
      .selectFrom('duplicates')
      .selectAll()
      .where('order_id', '=', orderId)
      .where('undone_at', 'is not', null)
      .execute()
    assert.equal(rows.length, 1)
  })
  await settled(newsstand)
  return orderOf(orderId)
}

async function creditAt(customer: string | null): Promise<number> {
  const found = await stripe.customers.retrieve(customer ?? '')
  assert.ok(!found.deleted)
  return Math.max(-found.balance, 0)
}

async function refundsOf(paymentIntent: string): Promise<number[]> {
  return (await stripe.refunds.list({ payment_intent: paymentIntent })).data.map(({ amount }) => amount)
}

async function balancesOf(orderId: string): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['account', 'amount'])
    .where('order_id', '=', orderId)
    .where('account', 'in', ['credit', 'sales', 'refunds'])
    .execute()
  const sums: Record<string, number> = {}
  for (const { account, amount } of rows) sums[account] = (sums[account] ?? 0) + amount
  return sums
}

async function historyOf(orderId: string): Promise<string[]> {
  const rows = await db.selectFrom('order_history').select('text').where('order_id', '=', orderId).execute()
  return rows.map((row) => row.text)
}

async function mailAbout(email: string) {
  return eventually(async () => {
    const found = (await mailTo(newsstand, email)).find((one) => /paid twice/.test(one.subject))
    assert.ok(found)
    return found
  })
}

describe('a duplicate that credit paid for', () => {
  it('in part: the card gets what it paid, the credit the rest, once, and its reader is told', async () => {
    const email = 'in-part@example.com'
    const bought = await buyTwice(email, 500, ['all-access-monthly'])
    const order = await undone(bought.id)
    assert.deepEqual(await refundsOf(order.stripe_payment_intent_id ?? ''), [800])
    assert.equal(await creditAt(order.stripe_customer_id), 500)
    await Promise.all([undoDuplicate(deps, order.id), undoDuplicate(deps, order.id)])
    assert.equal(await creditAt(order.stripe_customer_id), 500)
    assert.equal(order.state, 'refunded')
    assert.deepEqual(await balancesOf(order.id), { credit: 0, sales: -1300, refunds: 1300 })
    const mail = await mailAbout(email)
    for (const body of [mail.text, mail.html]) {
      assert.match(body, /\$8\.00 goes back to your card/)
      assert.match(body, /\$5\.00 goes back to your credit with us/)
      assert.doesNotMatch(body, /Nothing had been charged/)
    }
    const text = 'Bought twice: undone, $8.00 paid back, $5.00 given back as credit'
    assert.ok((await historyOf(order.id)).includes(text))
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })

  it('wholly: all goes back to the credit', async () => {
    const email = 'wholly@example.com'
    const bought = await buyTwice(email, 2000, ['all-access-monthly'])
    const order = await undone(bought.id)
    assert.equal(await creditAt(order.stripe_customer_id), 2000)
    assert.deepEqual(await balancesOf(order.id), { credit: 0, sales: -1300, refunds: 1300 })
    const mail = await mailAbout(email)
    assert.match(mail.text, /\$13\.00 goes back to your credit/)
    assert.doesNotMatch(mail.text, /goes back to your card|Nothing had been charged/)
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })

  it('together with a pass: each gets its share, and the pass stays open', async () => {
    const bought = await buyTwice('with-pass@example.com', 1650, ['summer-pass', 'all-access-monthly'])
    const order = await undone(bought.id)
    assert.equal(order.total, 3300)
    assert.deepEqual(await refundsOf(order.stripe_payment_intent_id ?? ''), [650])
    assert.equal(await creditAt(order.stripe_customer_id), 650)
    assert.equal(order.state, 'partly_refunded')
    const pass = await db
      .selectFrom('entitlements')
      .select('held')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    assert.equal(pass.held, null)
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })

  it('is found when the credit is missing, and given back when it is undone again', async () => {
    const bought = await buyTwice('missing@example.com', 500, ['all-access-monthly'])
    const order = await undone(bought.id)
    // As if what was given back had been for something else, and its key is forgotten.
    const customer = order.stripe_customer_id ?? ''
    const { data } = await stripe.customers.listBalanceTransactions(customer)
    const given = data.find(({ metadata }) => metadata?.order === order.id)
    await stripe.customers.updateBalanceTransaction(customer, given?.id ?? '', { metadata: { order: '' } })
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [`duplicate_not_paid_back ${order.number}`])
    await sql`DELETE FROM sandbox.idempotency_keys`.execute(db)
    await undoDuplicate(deps, order.id)
    assert.equal(await creditAt(customer), 1000)
    await compareAll(newsstand)
    assert.deepEqual(await listOpen(newsstand), [])
  })
})

describe('a subscription that staff declare one too many', () => {
  it('gives back to the credit what it paid of the first bill and of a renewal', async () => {
    const email = 'declared@example.com'
    await subscribe(newsstand.visitor(), email, 'all-access-monthly')
    const { id, stripe_customer_id, stripe_subscription_id } = await db
      .selectFrom('orders')
      .selectAll()
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    const amount = { amount: -1000, currency: 'usd' }
    await stripe.customers.createBalanceTransaction(stripe_customer_id ?? '', amount)
    await advance(newsstand, 32)
    await settled(newsstand)
    assert.equal(await creditAt(stripe_customer_id), 0)
    await declareDuplicate(deps, id)
    await undoDuplicate(deps, id)
    assert.equal(await creditAt(stripe_customer_id), 1000)
    const order = await undone(id)
    assert.equal(order.refunded, 1600)
    assert.equal(order.state, 'refunded')
    const { status } = await stripe.subscriptions.retrieve(stripe_subscription_id ?? '')
    assert.equal(status, 'canceled')
    assert.equal((await balancesOf(id)).credit, 0)
  })
})
