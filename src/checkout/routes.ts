import { type Request, type Response, Router } from 'express'
import Stripe from 'stripe'
import { cartView } from '../cart/pages.ts'
import type { PricedCart } from '../cart/price-cart.ts'
import { cartIdOf, pricedCartOf } from '../cart/routes.ts'
import { TooManyRequests } from '../errors.ts'
import type { Notice } from '../http/render.ts'
import type { Buyer } from '../orders/store.ts'
import { parseEmail } from '../readers/email.ts'
import { markBrowser } from './browser.ts'
import { type Consent, consentsFor } from './consents.ts'
import type { CheckoutRoutesDeps } from './deps.ts'
import { returnFromPayment } from './return-routes.ts'
import { type StartedCheckout, startCheckout } from './start-checkout.ts'

export function checkoutRoutes(deps: CheckoutRoutesDeps): Router {
  const router = Router()
  router.get('/checkout', (req, res) => showCheckout(deps, req, res))
  router.post('/checkout', (req, res) => postCheckout(deps, req, res))
  router.get('/checkout/return', (req, res) => returnFromPayment(deps, req, res))
  return router
}

interface FormState {
  status?: number
  email?: string
  given?: ReadonlySet<string>
  errors?: Record<string, string>
  notice?: Notice | null
}

async function showCheckout(
  deps: CheckoutRoutesDeps,
  req: Request,
  res: Response,
  form: FormState = {},
): Promise<void> {
  const cart = await pricedCartOf(deps, req)
  if (cart.lines.length === 0 || cart.problems.length > 0) return res.redirect(303, '/cart')
  const { locale } = deps.installation
  const reader = deps.accounts.readerOf(req)
  const consents = consentsFor(cart, locale).map((consent) => ({
    ...consent,
    required: true,
    checked: form.given?.has(consent.name) ?? false,
  }))
  await deps.render(req, res, {
    view: 'checkout/checkout',
    title: 'Checkout',
    noindex: true,
    secret: true,
    status: form.status ?? 200,
    notice: form.notice ?? null,
    model: {
      ...cartView(cart, locale),
      email: reader?.email ?? form.email ?? '',
      emailFixed: reader !== null,
      consents,
      errors: form.errors ?? {},
      recurring: cart.lines.some((line) => line.plan.kind === 'subscription'),
    },
  })
}

async function postCheckout(deps: CheckoutRoutesDeps, req: Request, res: Response): Promise<void> {
  const wait = await deps.accounts.limitCheckout(req)
  if (wait !== null)
    throw new TooManyRequests(wait, 'Many checkouts came from your network just now. Please wait a minute.')
  const cartId = cartIdOf(req)
  const cart = await pricedCartOf(deps, req)
  if (!cartId || cart.lines.length === 0 || cart.problems.length > 0) return res.redirect(303, '/cart')
  const form = readForm(deps, req, cart)
  if ('errors' in form) {
    return showCheckout(deps, req, res, {
      status: 422,
      email: typed(req, 'email'),
      given: givenIn(req),
      errors: form.errors,
    })
  }
  const { email, reader } = form
  if (reader ? !reader.proved : await deps.accounts.hasAccount(email)) {
    return deps.accounts.askForCode(req, res, email, '/checkout')
  }
  const browserHash = markBrowser(req, res, deps.accounts.browserSecret(cartId), deps.secureCookies)
  await start(deps, req, res, cartId, { email, readerId: reader?.readerId ?? null, browserHash })
}

function readForm(deps: CheckoutRoutesDeps, req: Request, cart: PricedCart) {
  const reader = deps.accounts.readerOf(req)
  const email = reader ? reader.email : parseEmail(typed(req, 'email'))
  const missing = missingConsents(consentsFor(cart, deps.installation.locale), givenIn(req))
  if (email && missing.length === 0) return { email, reader }
  const errors: Record<string, string> = Object.fromEntries(
    missing.map(({ name }) => [name, 'Please agree to this, or choose a plan that does not renew.']),
  )
  if (!email) errors.email = 'Enter your e-mail address, such as name@example.com.'
  return { errors }
}

function missingConsents(consents: Consent[], given: ReadonlySet<string>): Consent[] {
  return consents.filter((consent) => !given.has(consent.name))
}

/** The names of the boxes that were ticked. */
function givenIn(req: Request): ReadonlySet<string> {
  const body: Record<string, unknown> = req.body ?? {}
  return new Set(Object.keys(body).filter((name) => body[name] === 'on'))
}

async function start(
  deps: CheckoutRoutesDeps,
  req: Request,
  res: Response,
  cartId: string,
  buyer: Buyer,
): Promise<void> {
  try {
    await answer(deps, req, res, buyer, await startCheckout(deps, cartId, buyer))
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    deps.log.warn({ err: error }, 'Stripe opened no payment page')
    const text =
      'The payment page cannot be reached just now. Nothing was charged and your cart is kept: please try again.'
    await showCheckout(deps, req, res, {
      status: 503,
      email: buyer.email,
      given: givenIn(req),
      notice: { kind: 'error', text },
    })
  }
}

async function answer(
  deps: CheckoutRoutesDeps,
  req: Request,
  res: Response,
  buyer: Buyer,
  started: StartedCheckout,
): Promise<void> {
  if (started.outcome === 'pay') return res.redirect(303, started.url)
  if (started.outcome === 'paid') return res.redirect(303, `/checkout/return?session_id=${started.sessionId}`)
  if (started.outcome === 'refused') return res.redirect(303, '/cart')
  if (started.outcome === 'overtaken') return res.redirect(303, '/cart?left=overtaken')
  if (started.outcome === 'account') return deps.accounts.askForCode(req, res, buyer.email, '/checkout')
  if (started.outcome === 'subscribed' || started.outcome === 'has_pass')
    return showOwned(deps, req, res, started)
  const text = `${started.problems.join(' ')} Nothing was charged: take the code out of your cart to go on without it.`
  await showCheckout(deps, req, res, {
    status: 409,
    email: buyer.email,
    given: givenIn(req),
    notice: { kind: 'error', text },
  })
}

/** A reader holds at most one subscription that opens the same thing, and of a pass one that runs. */
async function showOwned(deps: CheckoutRoutesDeps, req: Request, res: Response, owned: Owned): Promise<void> {
  const heading = owned.outcome === 'subscribed' ? 'You subscribe already' : 'You have this pass already'
  const text =
    owned.outcome === 'subscribed'
      ? 'Your subscription opens what this one would, so nothing was charged. Your account shows what you have and until when.'
      : `Your pass (${owned.name}) runs until ${deps.calendar.date(owned.until).text}, so nothing was charged. You can buy it again once it has ended.`
  await deps.render(req, res, {
    view: 'errors/error',
    title: heading,
    status: 409,
    noindex: true,
    model: { status: 409, heading, text, back: { url: '/account', label: 'To your account' } },
  })
}

type Owned = Extract<StartedCheckout, { outcome: 'subscribed' | 'has_pass' }>

function typed(req: Request, name: string): string {
  const value: unknown = req.body?.[name]
  return typeof value === 'string' ? value.trim().slice(0, 254) : ''
}
