import type { Request, Response } from 'express'
import Stripe from 'stripe'
import { realClock } from '../clock.ts'
import { takeFromLimit } from '../db/limits.ts'
import { NotFound, TooManyRequests } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import type { Order } from '../orders/order.ts'
import { claimBrowserSignIn, findOrder } from '../orders/store.ts'
import { networkOf } from '../readers/network.ts'
import { isMissing } from '../stripe/client.ts'
import { browserHashOf } from './browser.ts'
import type { CheckoutRoutesDeps } from './deps.ts'
import { findSession } from './sessions.ts'
import { type SettleOutcome, settle } from './settle.ts'

/** Of one network; a page that waits for a slow payment looks again every two seconds. */
const returnsPerMinute = 600

/**
 * Where Stripe sends the browser after paying. The session's id in the address proves nothing about who opens it: it
 * settles the order, whoever asks, and shows it only to the browser that placed it or to its reader.
 */
export async function returnFromPayment(
  deps: CheckoutRoutesDeps,
  req: Request,
  res: Response,
): Promise<void> {
  const sessionId = queryText(req, 'session_id')
  if (!/^cs_[A-Za-z0-9_]{1,190}$/.test(sessionId)) throw new NotFound('There is no such payment.')
  await limitReturns(deps, req)
  const settled = (await findSettled(deps, sessionId)) ?? (await settleOrWait(deps, sessionId))
  const order = 'orderId' in settled ? await findOrder(deps.db, settled.orderId) : null
  if (!order) throw new NotFound('There is no such payment.')
  if (!isBuyer(deps, req, order)) return res.redirect(303, `/sign-in?next=/orders/${order.number}`)
  const { outcome } = settled
  if (outcome === 'waiting' || outcome === 'held' || outcome === 'unheard')
    return showWaiting(deps, req, res, order, outcome)
  if (outcome === 'failed') return res.redirect(303, '/cart?left=bank')
  if (outcome === 'open' || outcome === 'expired') return res.redirect(303, '/cart?left=payment')
  await signIn(deps, req, res, order)
  res.redirect(303, `/orders/${order.number}`)
}

/** Each return asks Stripe, which answers an account so many times a second: a stranger must not use that up. */
async function limitReturns({ db }: CheckoutRoutesDeps, req: Request): Promise<void> {
  const limit = { limit: returnsPerMinute, windowSeconds: 60, now: realClock() }
  const taken = await takeFromLimit(db, `returns from ${networkOf(req.ip)}`, limit)
  if (taken.allowed) return
  throw new TooManyRequests(
    taken.retryAfterSeconds,
    'Many payments were asked for from your network just now. Please wait a minute.',
  )
}

/** What we know to be paid by this very session needs no answer of Stripe's. null: Stripe must be asked. */
async function findSettled({ db }: CheckoutRoutesDeps, sessionId: string): Promise<SettleOutcome | null> {
  const session = await findSession(db, sessionId)
  const order = session?.state === 'complete' ? await findOrder(db, session.orderId) : null
  return order?.paidAt ? { outcome: 'already', orderId: order.id } : null
}

/** While Stripe cannot be reached, an order of ours waits; its webhook or the next look settles it. */
async function settleOrWait(
  deps: CheckoutRoutesDeps,
  sessionId: string,
): Promise<SettleOutcome | { outcome: 'unheard'; orderId: string }> {
  try {
    return await settle(deps, sessionId)
  } catch (error) {
    if (isMissing(error)) return { outcome: 'foreign' }
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    deps.log.warn({ err: error }, 'Stripe did not say what became of a payment')
    const session = await findSession(deps.db, sessionId)
    return session ? { outcome: 'unheard', orderId: session.orderId } : { outcome: 'foreign' }
  }
}

function isBuyer(deps: CheckoutRoutesDeps, req: Request, order: Order): boolean {
  const reader = deps.accounts.readerOf(req)
  return browserHashOf(req) === order.browserHash || (reader !== null && reader.readerId === order.readerId)
}

/** Only the browser that placed the order which made its reader, and only once. */
async function signIn(deps: CheckoutRoutesDeps, req: Request, res: Response, order: Order): Promise<void> {
  if (deps.accounts.readerOf(req) || !order.madeReader || !order.readerId) return
  if (browserHashOf(req) !== order.browserHash) return
  if (!(await claimBrowserSignIn(deps.db, order.id, deps.clock()))) return
  await deps.accounts.signInUnproved(req, res, order.readerId)
}

/** unheard: Stripe did not answer; the next look, soon, will tell. A bank takes days, and so may people. */
const waitingTexts = {
  unheard: {
    heading: 'Your payment is being confirmed',
    message: 'Your payment is on its way. This page looks again by itself, and your receipt comes by mail.',
    reloads: true,
  },
  waiting: {
    heading: 'Your bank is being asked',
    message:
      'Banks take some days to answer. You need do nothing more: as soon as yours has paid, everything you ordered is open to you and your receipt comes by mail. Should it not pay, we tell you by mail too, and nothing is charged.',
    reloads: false,
  },
  held: {
    heading: 'Your payment is being looked at',
    message:
      'Your payment arrived, and a person at the paper will look at the order. You will hear from us by mail.',
    reloads: false,
  },
}

async function showWaiting(
  deps: CheckoutRoutesDeps,
  req: Request,
  res: Response,
  order: Order,
  outcome: keyof typeof waitingTexts,
): Promise<void> {
  await deps.render(req, res, {
    view: 'checkout/waiting',
    title: 'Your payment',
    noindex: true,
    secret: true,
    model: { order: { number: order.number }, ...waitingTexts[outcome] },
  })
}
