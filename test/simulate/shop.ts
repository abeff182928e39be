import { type Browser, openBrowser } from './browser.ts'
import { newestCode, type Place } from './sandbox.ts'
import type { Tally } from './tally.ts'

export const cards = {
  good: '4242424242424242',
  declined: '4000000000000002',
  insufficientFunds: '4000000000009995',
  threeDSecure: '4000002760003184',
  disputed: '4000000000000259',
  refundsLater: '4000000000007726',
  refundsNot: '4000000000005126',
} as const

export type Card = keyof typeof cards

/** Answer after some days; what they say is theirs. */
export const accounts = {
  bankPays: '000123456789',
  bankHasNoFunds: '000222222227',
  bankAccountClosed: '000111111113',
  bankTakesBack: '000555555559',
} as const

export type Account = keyof typeof accounts
export type Means = Card | Account

export function isAccount(means: Means): means is Account {
  return means in accounts
}

/** How a reader goes about buying, and what they do besides. */
export interface Purchase {
  plan: string
  promotionCode: string | null
  /** Tried one after the other until one is taken. */
  means: Means[]
  /** Ends at the payment page. */
  abandons: boolean
  /** Closes the browser when it has paid, so that a webhook alone tells. */
  returns: boolean
  /** Posts the checkout, the payment and the return more often than once, at the same moment. */
  doubles: boolean
}

/**
 * bought: with the session's id, paid or with a bank being asked · abandoned · subscribed: the reader has it already · refused: the paper would not sell ·
 * failed: the paper could not, for longer than people wait
 */
export type Bought =
  | { outcome: 'bought'; sessionId: string; by: Means }
  | { outcome: 'abandoned' | 'subscribed' | 'refused' | 'failed' }

export interface Shop {
  place: Place
  tally: Tally
}

/** A browser of a reader; `address` decides the network that limits count. */
export function browserOf({ place, tally }: Shop, address: number): Browser {
  const network = `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`
  return openBrowser(place.appUrl, network, () => tally.add('pages that had to be asked for again'))
}

/** From the cart to the order's page, as a reader in a browser does it. */
export async function buy(shop: Shop, browser: Browser, email: string, purchase: Purchase): Promise<Bought> {
  await browser.post('/cart/lines', { plan: purchase.plan, quantity: '1' })
  if (purchase.promotionCode) await browser.post('/cart/promotion', { code: purchase.promotionCode })
  const page = await goToPayment(shop, browser, email, purchase)
  if (typeof page !== 'string') return page
  const sessionId = /\/pay\/(cs_\w+)/.exec(page)?.[1] ?? ''
  if (purchase.abandons) return { outcome: 'abandoned' }
  const paid = await payAt(page, email, purchase)
  if (!paid) return { outcome: 'abandoned' }
  if (purchase.returns) await returnFrom(browser, paid.back, purchase.doubles ? 3 : 1)
  return { outcome: 'bought', sessionId, by: paid.by }
}

/** Posts the checkout. Resolves to the payment page's address, or to why there is none. */
export async function goToPayment(
  shop: Shop,
  browser: Browser,
  email: string,
  { doubles }: Purchase,
): Promise<string | Bought> {
  const fields = { email, consent_renewal: 'on' }
  for (let tries = 0; tries < 4; tries++) {
    const posts = Array.from({ length: doubles ? 3 : 1 }, () => browser.post('/checkout', fields))
    const pages = await Promise.all(posts)
    const page = pages.find(({ location }) => location.includes('/pay/')) ?? pages[0]
    if (page?.location.includes('/pay/')) return page.location
    if (page?.status === 409) return { outcome: 'subscribed' }
    if (page?.location.startsWith('/sign-in')) {
      if (!(await signIn(shop, browser, email, '/checkout'))) return { outcome: 'failed' }
    } else if (page?.location.startsWith('/checkout/return')) {
      await browser.get(page.location)
      return { outcome: 'subscribed' }
    } else if (page?.status === 303 && page.location.startsWith('/cart')) return { outcome: 'refused' }
    // Told to wait, a reader comes back another day.
    else if (!page || page.status === 0 || page.status === 429 || page.status >= 500)
      return { outcome: 'failed' }
    else throw new Error(`POST /checkout answered ${page.status} ${page.location}`)
  }
  return { outcome: 'failed' }
}

/** With a mailed code, to go on at `next`. Returns whether it went well. */
export async function signIn(shop: Shop, browser: Browser, email: string, next: string): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const code = await newestCode(shop.place, email)
    const page = code ? await browser.post('/sign-in/code', { email, code, next }) : null
    if (page?.status === 303) return true
    await browser.post('/sign-in', { email, next })
  }
  return false
}

/** The way back to the paper; null: no card was taken. The payment page is the sandbox's and never fails. */
export async function payAt(
  page: string,
  email: string,
  purchase: Purchase,
): Promise<{ back: string; by: Means } | null> {
  for (const means of purchase.means) {
    const pay = () => payOnce(page, email, means)
    const backs = purchase.doubles ? await Promise.all([pay(), pay()]) : [await pay()]
    const back = backs.find((one) => one !== null)
    if (back) return { back, by: means }
  }
  return null
}

async function payOnce(page: string, email: string, means: Means): Promise<string | null> {
  const paid = await postForm(page, { email, name: 'A Reader', ...fieldsOf(means) })
  if (!paid.endsWith('/bank')) return wayBack(paid)
  return wayBack(await postForm(new URL(paid, page).href, { answer: 'complete' }))
}

function fieldsOf(means: Means): Record<string, string> {
  if (!isAccount(means)) return { pay_with: 'card', card_number: cards[means], exp: '12/49', cvc: '123' }
  return { pay_with: 'us_bank_account', account_number: accounts[means], routing_number: '110000000' }
}

/** Posts a form and follows nothing. Resolves to where it leads; empty: nowhere. */
export async function postForm(url: string, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  await answer.arrayBuffer()
  return answer.headers.get('location') ?? ''
}

/** The address in the paper to which a payment page leads; null: it leads elsewhere. */
export function wayBack(location: string): string | null {
  if (!location.includes('/checkout/return')) return null
  const { pathname, search } = new URL(location)
  return pathname + search
}

/** Comes back from the payment page by its address in the paper, so often at once. */
export async function returnFrom(browser: Browser, back: string, times: number): Promise<void> {
  const pages = await Promise.all(Array.from({ length: times }, () => browser.get(back)))
  const next = pages.find(({ location }) => location.startsWith('/orders/'))
  if (next) await browser.get(next.location)
}
