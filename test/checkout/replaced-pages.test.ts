import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { openSession } from '../../src/checkout/open-session.ts'
import { findOrder } from '../../src/orders/store.ts'
import { settled } from '../reconcile/support.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { choose, goToPayment, pay, type Visitor, wayBack } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
await addPass(newsstand)

const rowOf = (email: string) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('email', '=', email)
    .orderBy('turn', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

async function orderOf(email: string) {
  const order = await findOrder(db, (await rowOf(email)).id)
  assert.ok(order)
  return order
}

/** Has a bank asked for the money, over a payment page. Returns the way back to the paper. */
async function debit(page: string, email: string): Promise<string> {
  const account = {
    pay_with: 'us_bank_account',
    account_number: '000123456789',
    routing_number: '110000000',
  }
  const body = new URLSearchParams({ email, name: 'A Reader', ...account })
  return wayBack(await fetch(page, { method: 'POST', body, redirect: 'manual' }))
}

/** A payment page whose coupon somebody deletes at Stripe, so that it is replaced when its buyer comes again. */
async function pageToReplace(email: string): Promise<{ reader: Visitor; page: string }> {
  const reader = newsstand.visitor()
  await choose(reader, 'all-access-annual')
  await reader.post('/cart/promotion').type('form').send({ code: 'WELCOME20' }).expect(303)
  const page = await goToPayment(reader, email)
  const { stripe_coupon_id: coupon } = await db
    .selectFrom('promotion_codes')
    .select('stripe_coupon_id')
    .where('code', '=', 'WELCOME20')
    .executeTakeFirstOrThrow()
  await stripe.coupons.del(coupon ?? '')
  return { reader, page }
}

type Sessions = Stripe['checkout']['sessions']

/** The same Stripe, with another way to do something to sessions. */
function withSessions(other: Partial<Pick<Sessions, 'create' | 'expire'>>): typeof deps {
  const sessions = Object.assign(Object.create(stripe.checkout.sessions), other)
  const checkout = Object.create(stripe.checkout, { sessions: { value: sessions } })
  return { ...deps, stripe: Object.create(stripe, { checkout: { value: checkout } }) }
}

const dying = withSessions({ expire: () => Promise.reject(new Error('died')) })

describe('a payment page that is replaced', () => {
  it('keeps its buyer from another one, where the process died before closing it and its bank is being asked', async () => {
    const email = 'asked-before@example.com'
    const { reader, page } = await pageToReplace(email)
    await assert.rejects(openSession(dying, await orderOf(email)), /died/)
    await reader.get(await debit(page, email))
    await settled(newsstand)
    assert.ok((await rowOf(email)).bank_asked_at)
    const answer = await reader.post('/checkout').type('form').send({ email, consent_renewal: 'on' })
    assert.doesNotMatch(answer.headers.location ?? '', /\/pay\//)
  })

  it('leaves its order waiting where a bank is asked over it at the moment of replacing', async () => {
    const email = 'asked-meanwhile@example.com'
    const { reader, page } = await pageToReplace(email)
    const closed: string[] = []
    const expire: Sessions['expire'] = async (id) => {
      if (closed.push(id) === 1) await debit(page, email)
      return stripe.checkout.sessions.expire(id)
    }
    const session = await openSession(withSessions({ expire }), await orderOf(email))
    assert.equal(session.state, 'complete')
    await reader.get(`/checkout/return?session_id=${session.id}`)
    await settled(newsstand)
    const order = await rowOf(email)
    assert.equal(order.state, 'pending')
    assert.ok(order.bank_asked_at)
  })

  it('is closed when its buyer goes on with another cart, where the process died before closing it', async () => {
    const email = 'another-cart@example.com'
    const { reader, page } = await pageToReplace(email)
    const { id } = await orderOf(email)
    await assert.rejects(openSession(dying, await orderOf(email)), /died/)
    await choose(reader, 'summer-pass')
    const next = await goToPayment(reader, email)
    assert.equal((await pay(page, email)).status, 410)
    assert.equal((await findOrder(db, id))?.state, 'expired')
    await reader.get(wayBack(await pay(next, email))).expect(303)
    assert.equal((await rowOf(email)).state, 'paid')
  })
})

describe('a refusal that Stripe keeps', () => {
  it('is behind a buyer once its cause is gone, however many attempts met it', async () => {
    const email = 'refused@example.com'
    const reader = newsstand.visitor()
    await choose(reader, 'summer-pass')
    await goToPayment(reader, email)
    const { id } = await orderOf(email)
    await db.deleteFrom('checkout_sessions').where('order_id', '=', id).execute()
    const kept = new Set<string>()
    let refuses = true
    const refuse = (headers: Record<string, string>): never => {
      const message = 'Your account cannot currently make charges.'
      throw new Stripe.errors.StripeInvalidRequestError({ type: 'invalid_request_error', message, headers })
    }
    const create = async (params?: Stripe.Checkout.SessionCreateParams, options?: Stripe.RequestOptions) => {
      const key = options?.idempotencyKey ?? ''
      if (kept.has(key)) refuse({ 'idempotent-replayed': 'true' })
      if (refuses) {
        kept.add(key)
        refuse({})
      }
      return stripe.checkout.sessions.create(params, { idempotencyKey: `${key}:again` })
    }
    const keeping = withSessions({ create: create as Sessions['create'] })
    await assert.rejects(openSession(keeping, await orderOf(email)))
    assert.ok(kept.size > 1)
    refuses = false
    assert.equal((await openSession(keeping, await orderOf(email))).state, 'open')
  })
})
