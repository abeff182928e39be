import type { Request, Response } from 'express'
import { findPlanById } from '../plans/store.ts'
import { askedFor } from './asked-for.ts'
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
