import { type Request, type Response, Router } from 'express'
import type { Notice } from '../http/render.ts'
import { postEnding, showCancellation } from './cancellation-page.ts'
import { postCard } from './card-page.ts'
import type { AccountRoutesDeps } from './deps.ts'
import { showOrder } from './order-page.ts'
import { accountModel } from './pages.ts'

export function accountRoutes(deps: AccountRoutesDeps): Router {
  const router = Router()
  router.get('/account', (req, res) => showAccount(deps, req, res, null))
  router.post('/account/email', (req, res) => correctEmail(deps, req, res))
  router.get('/account/subscriptions/:id/cancellation', (req, res) =>
    showCancellation(deps, req, res, req.params.id),
  )
  router.post('/account/subscriptions/:id/cancellation', (req, res) =>
    postEnding(deps, req, res, { id: req.params.id, ends: true }),
  )
  router.post('/account/subscriptions/:id/renewal', (req, res) =>
    postEnding(deps, req, res, { id: req.params.id, ends: false }),
  )
  router.post('/account/subscriptions/:id/card', (req, res) => changeCard(deps, req, res, req.params.id))
  router.get('/orders/:number', (req, res) => showOrder(deps, req, res, req.params.number))
  return router
}

async function showAccount(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  notice: Notice | null,
): Promise<void> {
  const reader = deps.readerOf(req)
  if (!reader) return res.redirect(303, '/sign-in?next=/account')
  await deps.render(req, res, {
    view: 'account/account',
    title: 'Your account',
    noindex: true,
    secret: true,
    status: notice?.kind === 'error' ? 422 : 200,
    notice,
    model: await accountModel(deps, reader),
  })
}

async function changeCard(deps: AccountRoutesDeps, req: Request, res: Response, id: string): Promise<void> {
  const notice = await postCard(deps, req, res, id)
  if (notice) await showAccount(deps, req, res, notice)
}

/** A mistyped address can be mended until a mailed code has proved it. */
async function correctEmail(deps: AccountRoutesDeps, req: Request, res: Response): Promise<void> {
  const reader = deps.readerOf(req)
  if (!reader) return res.redirect(303, '/sign-in?next=/account')
  const email: unknown = req.body?.email
  const problem = await deps.correctEmail(reader, typeof email === 'string' ? email.trim().slice(0, 254) : '')
  if (problem) return showAccount(deps, req, res, { kind: 'error', text: problem })
  res.redirect(303, '/account')
}
