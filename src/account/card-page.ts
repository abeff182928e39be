import type { Request, Response } from 'express'
import Stripe from 'stripe'
import type { Notice } from '../http/render.ts'
import { findOrder } from '../orders/store.ts'
import { isLiving, type Subscription } from '../subscriptions/subscription.ts'
import { askedFor } from './asked-for.ts'
import type { AccountRoutesDeps } from './deps.ts'

/** Whether its reader can have it paid with another card. */
export function canChangeCard(subscription: Subscription): boolean {
  return isLiving(subscription.state) && !subscription.duplicate
}

/** Sends a reader to Stripe's page for another card, which comes back to the account. Returns what to say where it cannot be reached. */
export async function postCard(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  id: string,
): Promise<Notice | null> {
  const subscription = await askedFor(deps, req, res, id)
  if (!subscription) return null
  const order = await findOrder(deps.db, subscription.orderId)
  const customer = order?.stripeCustomerId
  if (!customer || !canChangeCard(subscription)) {
    res.redirect(303, '/account')
    return null
  }
  try {
    res.redirect(303, await openPortal(deps, customer))
    return null
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    return {
      kind: 'error',
      text: 'The page for your card cannot be reached just now. Please try again in a moment.',
    }
  }
}

async function openPortal({ stripe, publicUrl }: AccountRoutesDeps, customer: string): Promise<string> {
  const session = await stripe.billingPortal.sessions.create({
    customer,
    return_url: `${publicUrl}/account`,
    flow_data: { type: 'payment_method_update' },
  })
  return session.url
}
