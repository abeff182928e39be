import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'

/** The small modules that make pages nicer where there is JavaScript. */
const newsstand = await openNewsstand()
const browser = await launchBrowser()
after(() => browser.close())

async function openPage(path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  await page.goto(newsstand.url + path)
  return page
}

/** The front page, with a line in the cart whose quantity can be changed. */
async function openPageWithGift(): Promise<Page> {
  const page = await openPage('/')
  await page.request.post(`${newsstand.url}/cart/lines`, { form: { plan: 'gift-year', quantity: '1' } })
  await page.reload()
  return page
}

function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement?.id || document.activeElement?.className || ""')
}

describe('the cart drawer', () => {
  it('opens from the small cart, holds the focus, closes with Escape and gives the focus back', async () => {
    const page = await openPageWithGift()
    await page.locator('[data-cart-link]').focus()
    await page.keyboard.press('Enter')
    await page.locator('dialog[open]').waitFor()
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab')
      const inside = await page.evaluate<boolean>(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      )
      assert.ok(inside, `step ${step}: ${await focused(page)}`)
    }
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'hidden' })
    assert.match(await focused(page), /small-cart/)
    await page.context().close()
  })

  it('changes a quantity in place, and the small cart with it', async () => {
    const page = await openPageWithGift()
    await page.locator('[data-cart-link]').click()
    const drawer = page.locator('dialog[open]')
    await drawer.locator('[name=quantity][type=number]').fill('3')
    await drawer.getByRole('button', { name: /Update/ }).click()
    await eventually(async () => {
      assert.equal(await page.locator('[data-cart-subtotal]').first().textContent(), '$390.00')
    })
    assert.ok(await drawer.isVisible())
    assert.equal(new URL(page.url()).pathname, '/')
    await page.context().close()
  })

  it('says inside it why a change was refused', async () => {
    const page = await openPageWithGift()
    await page.locator('[data-cart-link]').click()
    const drawer = page.locator('dialog[open]')
    const gift = newsstand.db.updateTable('plans').where('slug', '=', 'gift-year')
    await gift.set({ active: false }).execute()
    await drawer.locator('[name=quantity][type=number]').fill('2')
    await drawer.getByRole('button', { name: /Update/ }).click()
    await drawer
      .getByRole('alert')
      .filter({ hasText: /no such plan/ })
      .waitFor()
    await gift.set({ active: true }).execute()
    assert.equal(await page.locator('[data-cart-subtotal]').first().textContent(), '$130.00')
    await page.context().close()
  })
})

describe('a busy button', () => {
  it('sends a form once, however often it is pressed', async () => {
    const page = await openPage('/subscribe')
    let posts = 0
    await page.route('**/cart/lines', async (route) => {
      posts += 1
      await new Promise((resolve) => setTimeout(resolve, 300))
      await route.continue()
    })
    const button = page.locator('form:has([value=digital-monthly]) button')
    await button.dblclick({ noWaitAfter: true })
    await page.waitForURL(/\/cart$/)
    assert.equal(posts, 1)
    await page.context().close()
  })

  it('is free again after going back', async () => {
    const page = await openPage('/articles/quds-force-chief-visits-baghdad')
    await page.locator('form.offer-lead button').click()
    await page.waitForURL(/\/cart$/)
    await page.goBack()
    assert.ok(await page.locator('form.offer-lead button').isEnabled())
    await page.context().close()
  })
})

describe('the page that waits for a payment', () => {
  it('moves on by itself when the payment is there', async () => {
    const page = await openPage('/subscribe')
    await page.locator('form:has([value=digital-monthly]) button').click()
    await page.goto(`${newsstand.url}/checkout`)
    await page.fill('[name=email]', 'patient@example.com')
    await page.check('[name=consent_renewal]')
    await page.locator('form[action="/checkout"] button').click()
    await page.waitForSelector('[name=card_number]')
    const sessionId = /cs_test_\w+/.exec(page.url())?.[0]
    await fault({ api_failure: '1' })
    await page.goto(`${newsstand.url}/checkout/return?session_id=${sessionId}`)
    await page.getByText(/on its way/).waitFor()
    await fault({ reset: 'on' })
    await fetch(`${newsstand.sandboxUrl}/pay/${sessionId}`, {
      method: 'POST',
      body: new URLSearchParams({
        email: 'patient@example.com',
        card_number: '4242424242424242',
        exp: '12/34',
        cvc: '123',
        name: 'P',
      }),
      redirect: 'manual',
    })
    await page.waitForURL(/\/orders\/NS-/, { timeout: 15_000 })
    await page.context().close()
  })
})

async function fault(fields: Record<string, string>): Promise<void> {
  await fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body: new URLSearchParams(fields) })
}
