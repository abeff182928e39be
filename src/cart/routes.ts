import { randomUUID } from 'node:crypto'
import { type Request, type Response, Router } from 'express'
import { PublicError } from '../errors.ts'
import { readCookie, setCookie } from '../http/cookies.ts'
import { queryText } from '../http/forms.ts'
import type { Notice, Render } from '../http/render.ts'
import { planView } from '../plans/pages.ts'
import { listCollections, listPlansOnSale } from '../plans/store.ts'
import { type CartDeps, changeLine, type LineRequest, setLine, setPromotion } from './change-cart.ts'
import { cartView } from './pages.ts'
import { type PricedCart, priceCart } from './price-cart.ts'
import { findCart } from './store.ts'

export interface CartRoutesDeps extends CartDeps {
  render: Render
  secureCookies: boolean
}

const cookieName = 'cart'
const cookieDays = 30

/** The cart that this browser carries; null for none, or for a cookie that no cart was ever given. */
export function cartIdOf(req: Request): string | null {
  const value = readCookie(req, cookieName)
  return value && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value) ? value : null
}

/** The request's cart with its prices; an empty one where it has none. */
export async function pricedCartOf(deps: CartDeps, req: Request): Promise<PricedCart> {
  const { currency, locale } = deps.installation
  const id = cartIdOf(req)
  const cart = id ? await findCart(deps.db, id, currency) : null
  return priceCart(cart?.lines ?? [], cart?.promotion ?? null, { currency, locale, now: deps.clock() })
}

export function cartRoutes(deps: CartRoutesDeps): Router {
  const router = Router()
  router.get('/cart', (req, res) => showCart(deps, req, res, { notice: noticeOf(req) }))
  router.post('/cart/lines', (req, res) =>
    change(deps, req, res, () => setLine(deps, cartIdFor(deps, req, res), lineRequest(req))),
  )
  router.post('/cart/lines/:plan', (req, res) =>
    change(deps, req, res, () => changeLine(deps, cartIdOf(req), req.params.plan, field(req, 'quantity'))),
  )
  router.post('/cart/promotion', (req, res) =>
    change(deps, req, res, () => setPromotion(deps, cartIdOf(req), field(req, 'code'))),
  )
  return router
}

function lineRequest(req: Request): LineRequest {
  return { plan: field(req, 'plan'), quantity: field(req, 'quantity') || '1', from: field(req, 'from') }
}

/** Back to the cart when it worked; the cart as it stands, and why, when it did not. */
async function change(
  deps: CartRoutesDeps,
  req: Request,
  res: Response,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof PublicError)) throw error
    return showCart(deps, req, res, { status: error.status, notice: { kind: 'error', text: error.message } })
  }
  res.redirect(303, '/cart')
}

async function showCart(
  deps: CartRoutesDeps,
  req: Request,
  res: Response,
  with_: { status?: number; notice: Notice | null },
): Promise<void> {
  const { currency, locale } = deps.installation
  const cart = await pricedCartOf(deps, req)
  const [plans, collections] = await Promise.all([
    listPlansOnSale(deps.db, currency),
    listCollections(deps.db),
  ])
  const inCart = new Set(cart.lines.map((line) => line.plan.slug))
  const model = {
    ...cartView(cart, locale),
    plans: plans.map((plan) => planView(plan, collections, locale, inCart)),
  }
  await deps.render(req, res, { view: 'cart/cart', title: 'Your cart', noindex: true, model, ...with_ })
}

const notices = new Map([
  ['payment', 'Nothing was charged. Your cart is as you left it.'],
  [
    'bank',
    'Your bank did not pay, so nothing was charged. Your cart is as you left it: you can pay another way.',
  ],
  [
    'overtaken',
    'You went on with another order in the meantime, so the payment page of this one was closed. Nothing was charged for it.',
  ],
])

function noticeOf(req: Request): Notice | null {
  const text = notices.get(queryText(req, 'left'))
  return text ? { kind: 'info', text } : null
}

function cartIdFor(deps: CartRoutesDeps, req: Request, res: Response): string {
  const id = cartIdOf(req) ?? randomUUID()
  setCookie(res, cookieName, id, { days: cookieDays, secure: deps.secureCookies })
  return id
}

/** A form's text field; '' when absent or given twice. */
function field(req: Request, name: string): string {
  const value: unknown = req.body?.[name]
  return typeof value === 'string' ? value.slice(0, 200) : ''
}
