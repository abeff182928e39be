import type { Request, Response } from 'express'
import { NotFound } from '../errors.ts'
import { findPlanById } from '../plans/store.ts'
import { findSubscriptionOf } from '../subscriptions/store.ts'
import type { Subscription } from '../subscriptions/subscription.ts'
import { canEnd, setEnding } from './cancel-subscription.ts'
import type { AccountRoutesDeps } from './deps.ts'

/** What ending it means, before it is ended: one page, one button, no persuasion. */
export async function showCancellation(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  id: string,
): Promise<void> {
  const subscription = await askedFor(deps, req, res, id)
  if (!subscription) return
  if (!canEnd(subscription)) return res.redirect(303, '/account')
  await deps.render(req, res, {
    view: 'account/cancellation',
    title: 'Cancel your subscription',
    noindex: true,
    secret: true,
    model: {
      id,
      name: (await findPlanById(deps.db, subscription.planId)).name,
      until: deps.calendar.date(subscription.paidUntil),
    },
  })
}

/** `ends`: at the end of what is paid; false takes that back. */
export async function postEnding(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  { id, ends }: { id: string; ends: boolean },
): Promise<void> {
  const subscription = await askedFor(deps, req, res, id)
  if (!subscription) return
  await setEnding(deps, subscription, ends)
  res.redirect(303, '/account')
}

/** null: the answer is given already, since who asks must sign in with a code first. */
async function askedFor(
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
