import assert from 'node:assert/strict'
import { calm, codeFor, type Newsstand } from './newsstand.ts'

export type Visitor = ReturnType<Newsstand['visitor']>

export const cards = {
  good: '4242424242424242',
  declined: '4000000000000002',
  insufficientFunds: '4000000000009995',
  threeDSecure: '4000002760003184',
} as const

/** Puts a plan in the visitor's cart. */
export async function choose(visitor: Visitor, plan = 'all-access-annual'): Promise<void> {
  await visitor.post('/cart/lines').type('form').send({ plan, quantity: '1' }).expect(303)
}

/** From the cart to Stripe's page; returns that page's address. */
export async function goToPayment(visitor: Visitor, email: string): Promise<string> {
  const answer = await visitor
    .post('/checkout')
    .type('form')
    .send({ email, consent_renewal: 'on' })
    .expect(303)
  assert.match(answer.headers.location ?? '', /\/pay\/cs_test_/)
  return answer.headers.location ?? ''
}

/** Fills in the payment page as a browser without JavaScript would; returns the answer, redirects not followed. */
export function pay(paymentPage: string, email: string, card: string = cards.good): Promise<Response> {
  const body = new URLSearchParams({ email, card_number: card, exp: '12/34', cvc: '123', name: 'A Reader' })
  return fetch(paymentPage, { method: 'POST', body, redirect: 'manual' })
}

/** The path and query to which a payment page sends the browser back. */
export function wayBack(answer: Response): string {
  assert.equal(answer.status, 303)
  const url = new URL(answer.headers.get('location') ?? '')
  return url.pathname + url.search
}

/** Buys a plan with a new address, up to the order's page, and lets all news of it arrive. Returns the order's number. */
export async function subscribe(
  visitor: Visitor,
  email: string,
  plan = 'all-access-annual',
): Promise<string> {
  await choose(visitor, plan)
  const page = await goToPayment(visitor, email)
  const back = await visitor.get(wayBack(await pay(page, email))).expect(303)
  const number = /^\/orders\/(NS-\d+)/.exec(back.headers.location ?? '')?.[1]
  assert.ok(number, `sent to ${back.headers.location}`)
  await calm()
  return number
}

/** Signs in with a mailed code. Returns where the form led. */
export async function signIn(newsstand: Newsstand, visitor: Visitor, email: string): Promise<string> {
  await visitor.post('/sign-in').type('form').send({ email }).expect(303)
  const code = await codeFor(newsstand, email)
  const answer = await visitor.post('/sign-in/code').type('form').send({ email, code }).expect(303)
  return answer.headers.location ?? ''
}
