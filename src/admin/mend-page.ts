import { type Request, type Response, Router } from 'express'
import { NotFound } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import type { Notice } from '../http/render.ts'
import { type FoundDrift, findDrift } from '../orders/drift.ts'
import type { Order } from '../orders/order.ts'
import { findOrder } from '../orders/store.ts'
import type { Fix } from '../reconcile/kind.ts'
import { kinds } from '../reconcile/kinds/table.ts'
import { type MendOutcome, mendDrift } from '../reconcile/mend-drift.ts'
import type { AdminDeps } from './deps.ts'
import { driftRow } from './drift-page.ts'
import { mayMend, requireMender } from './may-mend.ts'

export function mendRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/drift/:id', (req, res) => showDifference(deps, req, res, req.params.id))
  router.post('/drift/:id/fixes', (req, res) => mend(deps, req, res, req.params.id))
  return router
}

async function showDifference(deps: AdminDeps, req: Request, res: Response, id: string): Promise<void> {
  const drift = await find(deps, id)
  const order = drift.orderId ? await findOrder(deps.db, drift.orderId) : null
  const fixes = kinds[drift.kind].fixes.flatMap((fix) => offered(fix, order))
  const confirming = drift.closedAt
    ? undefined
    : fixes.find((fix) => fix.confirm && fix.name === queryText(req, 'fix'))
  await deps.render(req, res, {
    view: 'admin/difference',
    title: kinds[drift.kind].title,
    layout: 'staff',
    noindex: true,
    secret: true,
    notice: noticeOf(queryText(req, 'result')),
    model: {
      drift: driftRow(deps, drift),
      orderNumber: order?.number ?? null,
      mayMend: mayMend(deps, req),
      fixesUrl: `/admin/drift/${drift.id}/fixes`,
      confirming: confirming ?? null,
      fixes: drift.closedAt ? [] : fixes.map((fix) => fixView(drift, fix)),
    },
  })
}

async function find({ db }: AdminDeps, id: string): Promise<FoundDrift> {
  const drift = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await findDrift(db, id) : null
  if (!drift) throw new NotFound('There is no such difference.')
  return drift
}

/** In words for its order; a way of mending that the order knows nothing of is left out. */
function offered(fix: Fix, order: Order | null): Fix[] {
  const label = order && fix.labelFor ? fix.labelFor(order) : fix.label
  return label === null ? [] : [{ ...fix, label }]
}

/** What must be agreed to first leads there; the rest is done by its button. */
function fixView(drift: FoundDrift, { name, label, confirm }: Fix) {
  return { name, label, confirmUrl: confirm ? `/admin/drift/${drift.id}?fix=${name}` : null }
}

const notices: Record<string, Notice> = {
  mended: { kind: 'info', text: 'Done: Stripe and we agree.' },
  closed: { kind: 'info', text: 'It was closed already; nothing was done again.' },
  busy: { kind: 'error', text: 'Somebody is mending this just now. Look again in a moment.' },
}

function noticeOf(result: string): Notice | null {
  return Object.hasOwn(notices, result) ? (notices[result] ?? null) : null
}

async function mend(deps: AdminDeps, req: Request, res: Response, id: string): Promise<void> {
  const staff = requireMender(deps, req)
  const drift = await find(deps, id)
  const { fix: name, agreed } = fieldsOf(req)
  const fix = kinds[drift.kind].fixes.find((one) => one.name === name)
  if (!fix) throw new NotFound('There is no such way to mend it.')
  const page = `/admin/drift/${drift.id}`
  if (fix.confirm && agreed !== 'on') return res.redirect(303, `${page}?fix=${fix.name}`)
  const outcome = await mendDrift(deps, drift.id, fix.name, staff.email)
  res.redirect(303, `${page}${queryFor(outcome)}`)
}

/** Why it failed is written down with the difference, and shown on its page. */
function queryFor({ outcome }: MendOutcome): string {
  return Object.hasOwn(notices, outcome) ? `?result=${outcome}` : ''
}

function fieldsOf(req: Request): { fix: string; agreed: string } {
  const body: Record<string, unknown> = req.body ?? {}
  return { fix: String(body.fix ?? ''), agreed: String(body.agreed ?? '') }
}
