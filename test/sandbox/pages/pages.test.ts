import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAccessibility, launchBrowser } from '../../support/browser.ts'
import { addPlans, cards, openSandbox, pay, subscribe, successUrl } from '../support.ts'

describe('every page of the sandbox', async () => {
  const sandbox = await openSandbox()
  const { stripe } = sandbox
  const plans = await addPlans(stripe)
  const subscription = await subscribe(stripe, plans.monthly, { card: cards.disputed })
  await fetch(`${sandbox.url}/mail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      to: 'alice@example.com',
      from: 'a@b.test',
      subject: 'Hello',
      text: 'See http://shop.test/x',
      html: '<h1>Hello</h1>',
    }),
  })
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: plans.annual.id, quantity: 1 }],
    allow_promotion_codes: true,
    consent_collection: { terms_of_service: 'required' },
    success_url: successUrl,
    cancel_url: 'http://shop.test/cart',
  })

  const portal = await stripe.billingPortal.sessions.create({
    customer: String(subscription.customer),
    return_url: 'http://shop.test/account',
  })
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      customer_update: { allowed_updates: ['email', 'name'], enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: {
        cancellation_reason: { enabled: true, options: ['unused', 'other'] },
        enabled: true,
        mode: 'immediately',
      },
      subscription_pause: { enabled: true },
      subscription_update: {
        default_allowed_updates: ['price'],
        enabled: true,
        products: [{ product: plans.product.id, prices: [plans.annual.id] }],
      },
    },
  })
  const configured = await stripe.billingPortal.sessions.create({
    configuration: configuration.id,
    customer: String(subscription.customer),
  })
  const debited = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: plans.once.id, quantity: 1 }],
    success_url: successUrl,
  })
  await pay(debited, {
    pay_with: 'us_bank_account',
    account_number: '000123456789',
    routing_number: '110000000',
  })
  const [event] = (await stripe.events.list({ limit: 1 })).data
  const paths = [
    ...['/', '/mail', '/mail/1', '/clock', '/faults', '/account', '/nowhere', '/objects/charge'],
    `/objects/subscription/${subscription.id}`,
    `/events/${event?.id}`,
    `/portal/${portal.id}`,
    `/portal/${configured.id}`,
    `/pay/${session.id}`,
    '/authenticate/pi_1',
  ]

  it('can be used by everyone, light and dark, on a phone and a desk, without a breach of its policy', async () => {
    const browser = await launchBrowser()
    try {
      for (const [colorScheme, width] of [
        ['light', 390],
        ['dark', 1280],
      ] as const) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } })
        const problems: string[] = []
        page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
        for (const path of paths) {
          await page.goto(sandbox.url + path)
          await checkAccessibility(page)
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          assert.ok(Number(overflow) <= 0, `${path} is ${overflow} px too wide at ${width}`)
        }
        const unexpected = problems.filter((text) => !text.includes('404'))
        assert.deepEqual(unexpected, [])
        await page.goto(`${sandbox.url}/pay/${session.id}`)
        await page.getByRole('button', { name: /^Subscribe for/ }).click()
        await page.getByRole('alert').waitFor()
        await checkAccessibility(page)
        await page.getByLabel('US bank account').check()
        await page.getByLabel('Routing number').waitFor()
        assert.equal(await page.getByLabel('Card number').isVisible(), false)
        await checkAccessibility(page)
        await page.close()
      }
    } finally {
      await browser.close()
    }
  })

  it('lets a buyer pay by keyboard alone, without JavaScript', async () => {
    const browser = await launchBrowser()
    try {
      const context = await browser.newContext({ javaScriptEnabled: false })
      const page = await context.newPage()
      await page.goto(session.url ?? '')
      await page.getByLabel('E-mail').fill('alice@example.com')
      await page.getByLabel('Card number').fill(cards.asksAlways)
      await page.getByLabel('Expires').fill('12/34')
      await page.getByLabel('Security code').fill('123')
      await page.getByLabel('Name on the card').fill('Alice')
      await page.getByLabel('I accept the terms').check()
      await page.getByLabel('Name on the card').press('Enter')
      await page.getByRole('heading', { name: 'Your bank asks' }).waitFor()
      await page
        .getByRole('button', { name: 'Complete authentication' })
        .press('Enter', { noWaitAfter: true })
      for (let tries = 0; tries < 100; tries++) {
        const { status } = await stripe.checkout.sessions.retrieve(session.id)
        if (status === 'complete') return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.fail('the session was not paid')
    } finally {
      await browser.close()
    }
  })
})
