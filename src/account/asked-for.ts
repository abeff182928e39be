import type { Request, Response } from 'express'
import { NotFound } from '../errors.ts'
import { findSubscriptionOf } from '../subscriptions/store.ts'
import type { Subscription } from '../subscriptions/subscription.ts'
import type { AccountRoutesDeps } from './deps.ts'

/**
 * The reader's own subscription that an address names. null: the answer is given already, since who asks must sign in with a
 * code first. Throws NotFound for somebody else's.
 */
export async function askedFor(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  id: string,
): Promise<Subscription | null> {
  const reader = deps.readerOf(req)
  if (!reader?.proved) {
    const next = req.method === 'GET' ? req.originalUrl : '/account'
    res.redirect(303, `/sign-in?${new URLSearchParams({ next })}`)
    return null
  }
  const subscription = await findSubscriptionOf(deps.db, reader.readerId, id)
  if (!subscription) throw new NotFound('You have no such subscription.')
  return subscription
}
