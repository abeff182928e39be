import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { checkAccessibility, launchBrowser } from '../support/browser.ts'
import { codeFor, openNewsstand } from '../support/newsstand.ts'

const newsstand = await openNewsstand()
const browser: Browser = await launchBrowser()
after(() => browser.close())

const article = 'Quds Force chief visits Baghdad'

interface Way {
  name: string
  javaScriptEnabled: boolean
  width: number
}

const ways: Way[] = [
  { name: 'with JavaScript', javaScriptEnabled: true, width: 1280 },
  { name: 'without JavaScript, on a phone', javaScriptEnabled: false, width: 390 },
]

for (const way of ways) {
  describe(`a reader ${way.name}`, () => {
    const email = `alice-${way.width}@example.com`
    let number = ''

    it('goes from the front page to the article read in full', async () => {
      const context = await openContext(way)
      const page = await context.newPage()
      const faults = collectFaults(page)
      await page.goto(newsstand.url)
      await page.getByRole('link', { name: article }).first().click()
      await see(page, '[data-article][data-access="preview"]')
      await page.getByRole('button', { name: /Subscribe to All-Access, yearly/ }).click()
      await toTheCart(page, way)
      assert.equal(await page.locator('main [data-cart-subtotal]').textContent(), '$130.00')
      await page
        .getByRole('main')
        .getByRole('link', { name: /checkout/i })
        .click()
      await page.getByLabel('E-mail address').fill(email)
      await page.getByLabel(/renews by itself/).check()
      await page.getByRole('button', { name: /payment/i }).click()
      await payAt(page, email, '4000000000000002')
      await page
        .getByRole('alert')
        .filter({ hasText: /declined/i })
        .waitFor()
      await payAt(page, email, '4242424242424242')
      await see(page, '[data-order-state="paid"][data-order-total="130.00"]')
      number = (await page.locator('[data-order-number]').getAttribute('data-order-number')) ?? ''
      await page.getByRole('link', { name: article }).first().click()
      await see(page, '[data-article][data-access="full"]')
      assert.deepEqual(faults, [])
      await context.close()
    })

    it('is seen by staff, who sign in with a mailed code', async () => {
      const context = await openContext(way)
      const page = await context.newPage()
      const faults = collectFaults(page)
      await page.goto(`${newsstand.url}/admin`)
      await page.getByLabel('E-mail address').fill('owner@newsstand.test')
      await page.getByRole('main').getByRole('button').first().click()
      await page.getByLabel(/code/i).fill(await codeFor(newsstand, 'owner@newsstand.test'))
      await page.getByRole('main').getByRole('button').first().click()
      await page.waitForURL(/\/admin$/)
      await page.getByRole('link', { name: 'Orders', exact: true }).first().click()
      await page.getByRole('link', { name: number }).click()
      await see(page, `[data-order-number="${number}"][data-order-state="paid"]`)
      assert.deepEqual(faults, [])
      await context.close()
    })
  })
}

async function openContext({ javaScriptEnabled, width }: Way): Promise<BrowserContext> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width, height: 900 } })
  context.setDefaultTimeout(10_000)
  return context
}

/** What a page reports as broken: scripts, and what its Content-Security-Policy refused. */
function collectFaults(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // A declined card is answered with 402, which the browser notes.
    if (message.type() === 'error' && !message.text().includes('402')) faults.push(message.text())
  })
  return faults
}

async function see(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor()
}

/** With JavaScript the cart may open as a drawer. */
async function toTheCart(page: Page, way: Way): Promise<void> {
  if (way.javaScriptEnabled && !page.url().endsWith('/cart'))
    await page.getByRole('link', { name: /whole cart/ }).click()
  await page.waitForURL(/\/cart$/)
}

async function payAt(page: Page, email: string, card: string): Promise<void> {
  await page.waitForSelector('[name=card_number]')
  await page.fill('[name=email]', email)
  await page.fill('[name=card_number]', card)
  await page.fill('[name=exp]', '12/34')
  await page.fill('[name=cvc]', '123')
  await page.fill('[name=name]', 'Alice Example')
  await page.getByRole('button', { name: /^(Pay|Subscribe)/ }).click()
}

describe('every page is accessible', () => {
  it('to a stranger, a reader with a cart, and staff', async () => {
    const context = await openContext({ name: '', javaScriptEnabled: true, width: 1280 })
    const page = await context.newPage()
    const look = async (path: string) => {
      await page.goto(newsstand.url + path)
      await checkAccessibility(page)
    }
    const strangersPages = [
      '/',
      '/articles/quds-force-chief-visits-baghdad',
      '/articles/letter-from-skerrow',
      '/tags/world',
      '/search',
      '/search?q=river',
      '/search?q=unfindable',
      '/subscribe',
      '/cart',
      '/sign-in',
      '/nothing',
    ]
    for (const path of strangersPages) await look(path)
    await page.goto(`${newsstand.url}/subscribe`)
    await page.locator('form[action="/cart/lines"] button').first().click()
    for (const path of ['/cart', '/checkout']) await look(path)
    await page.locator('form[action="/checkout"] button').click()
    await page.waitForSelector('[aria-invalid=true]')
    await checkAccessibility(page)
    await signInAs(page, 'owner@newsstand.test')
    const { number } = await newsstand.db
      .selectFrom('orders')
      .select('number')
      .where('state', '=', 'paid')
      .executeTakeFirstOrThrow()
    for (const path of [
      '/account',
      '/admin',
      '/admin/orders',
      `/admin/orders/${number}`,
      '/admin/readers',
      '/admin/plans',
      '/admin/articles',
      '/admin/events',
      '/admin/drift',
    ])
      await look(path)
    await context.close()
  })

  it('in dark mode and on a phone too', async () => {
    const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 390, height: 844 } })
    const page = await context.newPage()
    for (const path of [
      '/',
      '/articles/quds-force-chief-visits-baghdad',
      '/subscribe',
      '/cart',
      '/sign-in',
    ]) {
      await page.goto(newsstand.url + path)
      await checkAccessibility(page)
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
      assert.ok(overflow <= 0, `${path} is ${overflow} px wider than the screen`)
    }
    await context.close()
  })
})

async function signInAs(page: Page, email: string): Promise<void> {
  await page.goto(`${newsstand.url}/sign-in`)
  await page.fill('main [name=email]', email)
  await page.locator('main form[action="/sign-in"] button').click()
  await page.waitForSelector('[name=code]')
  await page.fill('[name=code]', await codeFor(newsstand, email))
  await page.locator('main form[action="/sign-in/code"] button').first().click()
  await page.waitForURL(/\/(admin|account|checkout)/)
}
