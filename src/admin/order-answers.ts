import { type Request, type Response, Router } from 'express'
import { answerRefund } from '../entitlements/answer-refund.ts'
import { endLine } from '../entitlements/end-line.ts'
import { letGoOn } from '../entitlements/let-go-on.ts'
import { release } from '../entitlements/release.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import type { Order } from '../orders/order.ts'
import { findOrderByNumber } from '../orders/store.ts'
import type { AdminDeps } from './deps.ts'
import { staffWith } from './staff-role.ts'

/** What owner and support decide about what an order opens. */
export function orderAnswerRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.post('/orders/:number/release', (req, res) => setRelease(deps, req, res, true))
  router.post('/orders/:number/hold', (req, res) => setRelease(deps, req, res, false))
  router.post('/orders/:number/lines/:line/closure', (req, res) => closeLine(deps, req, res))
  router.post('/orders/:number/refund-answers', (req, res) => answer(deps, req, res))
  router.post('/orders/:number/renewal-answers', (req, res) => answerRenewal(deps, req, res))
  return router
}

type Asked = Request<{ number: string; line?: string }>

async function setRelease(deps: AdminDeps, req: Asked, res: Response, released: boolean): Promise<void> {
  const { order, by } = await asked(deps, req)
  await release(deps, { orderId: order.id, released, by })
  res.redirect(303, `/admin/orders/${order.number}`)
}

async function closeLine(deps: AdminDeps, req: Asked, res: Response): Promise<void> {
  const { order, by } = await asked(deps, req)
  const position = positionIn(order, req.params.line ?? '')
  if (position === null) throw new NotFound('The order has no such line.')
  await endLine(deps, { orderId: order.id, position, by })
  res.redirect(303, `/admin/orders/${order.number}`)
}

async function answer(deps: AdminDeps, req: Asked, res: Response): Promise<void> {
  const { order, by } = await asked(deps, req)
  const line = typed(req, 'line')
  const ends = line === '' ? null : positionIn(order, line)
  if (line !== '' && ends === null) throw new InvalidInput('The order has no such line.')
  await answerRefund(deps, { orderId: order.id, stripeRefundId: typed(req, 'refund'), ends, by })
  res.redirect(303, `/admin/orders/${order.number}`)
}

async function answerRenewal(deps: AdminDeps, req: Asked, res: Response): Promise<void> {
  const { order, by } = await asked(deps, req)
  await letGoOn(deps, { orderId: order.id, stripeRefundId: typed(req, 'refund'), by })
  res.redirect(303, `/admin/orders/${order.number}`)
}

async function asked(deps: AdminDeps, req: Asked): Promise<{ order: Order; by: string }> {
  const staff = staffWith(deps, req, ['owner', 'support'])
  const order = await findOrderByNumber(deps.db, req.params.number)
  if (!order) throw new NotFound('There is no order with this number.')
  return { order, by: staff.email }
}

/** From a line's number, which begins at 1; null: there is none. */
function positionIn(order: Order, line: string): number | null {
  if (!/^[1-9]\d{0,3}$/.test(line)) return null
  const position = Number(line) - 1
  return position < order.lines.length ? position : null
}

function typed(req: Request<{ number: string }>, name: string): string {
  const value: unknown = req.body?.[name]
  return typeof value === 'string' ? value.trim().slice(0, 254) : ''
}
