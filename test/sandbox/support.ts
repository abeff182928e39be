import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import Stripe from 'stripe'
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/start-sandbox.ts'
import { cloneDatabase } from '../support/database.ts'

export interface Receiver {
  url: string
  /** Every event that came, in the order in which it came; its signature was verified. */
  events: Stripe.Event[]
  /** The same as it came, for a receiver that verifies nothing by itself. */
  raw: { body: string; signature: string }[]
  /** What to answer, in turn; 200 once there is nothing left. */
  answers: number[]
  close: () => Promise<void>
}

export interface OpenSandbox extends RunningSandbox {
  databaseUrl: string
  stripe: Stripe
  receiver: Receiver
  logged: { level: string; msg: string }[]
}

export const successUrl = 'http://shop.test/return?session_id={CHECKOUT_SESSION_ID}'

/** A sandbox on a database of its own with a receiver of its events; gone after the file that opens it at its top. */
export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<OpenSandbox> {
  const database = await cloneDatabase()
  const receiver = await openReceiver()
  const logged: OpenSandbox['logged'] = []
  const sandbox = await startSandbox({
    databaseUrl: database.url,
    port: 0,
    webhookUrl: receiver.url,
    log: (line) => logged.push(line),
    ...options,
  })
  after(async () => {
    await sandbox.close()
    await receiver.close()
    await database.drop()
  })
  return { ...sandbox, databaseUrl: database.url, stripe: clientOf(sandbox), receiver, logged }
}

/** The real client, pointed at a sandbox; it does not try again, so that a test sees each answer. */
export function clientOf(sandbox: { port: number }, key = 'sk_test_sandbox'): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port: sandbox.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
}

/** Listens for events. A secret of null: it verifies nothing and keeps them raw. */
export async function openReceiver(
  options: { secret: string | null } = { secret: 'whsec_sandbox' },
): Promise<Receiver> {
  const events: Stripe.Event[] = []
  const raw: Receiver['raw'] = []
  const answers: number[] = []
  const verifier = new Stripe('sk_test_sandbox')
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const signature = String(req.headers['stripe-signature'])
      const body = Buffer.concat(chunks)
      raw.push({ body: body.toString(), signature })
      if (options.secret) events.push(verifier.webhooks.constructEvent(body, signature, options.secret))
      res.writeHead(answers.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/webhooks/stripe`, events, raw, answers, close }
}

/** Posts a form as a browser without JavaScript does, following nothing. */
export function post(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { accept: 'text/html' },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  })
}

export const cards = {
  good: '4242424242424242',
  declined: '4000000000000002',
  noFunds: '4000000000009995',
  failsLater: '4000000000000341',
  asksFirst: '4000002500003155',
  asksAlways: '4000002760003184',
  disputed: '4000000000000259',
  refundFailsLater: '4000000000005126',
}

/** The fields of the payment page, filled in by Alice with a card that works. */
export function typed(fields: Record<string, string> = {}): Record<string, string> {
  return {
    email: 'alice@example.com',
    card_number: cards.good,
    exp: '12/34',
    cvc: '123',
    name: 'Alice',
    ...fields,
  }
}

/** Pays a session on its page and expects to be sent to the shop; a bank that asks is told yes. */
export async function pay(
  session: Stripe.Checkout.Session,
  fields: Record<string, string> = {},
): Promise<void> {
  const url = session.url ?? ''
  let answer = await post(url, typed(fields))
  const location = answer.headers.get('location') ?? ''
  if (location.endsWith('/bank')) answer = await post(new URL(location, url).href, { answer: 'complete' })
  assert.equal(answer.status, 303, await answer.text())
}

export interface Plans {
  product: Stripe.Product
  annual: Stripe.Price
  monthly: Stripe.Price
  once: Stripe.Price
}

/** What is sold: a year and a month of All-Access, and a year as a gift. */
export async function addPlans(stripe: Stripe): Promise<Plans> {
  const product = await stripe.products.create({ name: 'All-Access' })
  const price = (unit_amount: number, interval?: 'month' | 'year') =>
    stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount,
      ...(interval ? { recurring: { interval } } : {}),
    })
  return {
    product,
    annual: await price(13_000, 'year'),
    monthly: await price(1300, 'month'),
    once: await price(13_000),
  }
}

/** A subscription bought on the payment page. */
export async function subscribe(
  stripe: Stripe,
  price: Stripe.Price,
  options: { card?: string; email?: string } & Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Subscription> {
  const { card = cards.good, email = 'alice@example.com', ...rest } = options
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: successUrl,
    ...rest,
  })
  await pay(session, { card_number: card, email })
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })
  assert.ok(paid.subscription && typeof paid.subscription === 'object')
  return paid.subscription
}

/** Moves the sandbox's clock and resolves to its answer. */
export async function advance(
  sandbox: { url: string },
  body: Record<string, unknown>,
): Promise<{ status: number; body: { now?: string; delivered?: number; error?: string } }> {
  const answer = await fetch(`${sandbox.url}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as { now?: string } }
}

/** Waits until every event that was told has been delivered. */
export async function drained(sandbox: OpenSandbox): Promise<void> {
  const waiting = () => sandbox.stripe.events.list({ delivery_success: false, limit: 1 })
  await eventually(async () => (await waiting()).data.length === 0, 'the last delivery')
}

/** Tries until it holds, for what happens behind an answer. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await holds())) {
    assert.ok(performance.now() < end, `it did not come: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The refusal that a call comes to, as the client reports it. */
export async function refusal(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof Stripe.errors.StripeError, String(error))
    return error
  }
  assert.fail('the call was not refused')
}
