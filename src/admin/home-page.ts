import { type Request, type Response, Router } from 'express'
import { sql } from 'kysely'
import type { AdminDeps } from './deps.ts'
import { findOrders } from './find-orders.ts'
import { orderRow } from './orders-page.ts'

export function homeRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/', (req, res) => showHome(deps, req, res))
  return router
}

async function showHome(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const everything = { q: '', state: '', from: null, until: null } as const
  const [counts, latest] = await Promise.all([
    countWhatMatters(deps),
    findOrders(deps.db, everything, { after: null, limit: 10 }),
  ])
  await deps.render(req, res, {
    view: 'admin/home',
    title: 'Staff desk',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: { counts, latest: latest.map((order) => orderRow(deps, order)) },
  })
}

async function countWhatMatters({ db, clock }: AdminDeps) {
  const dayAgo = new Date(clock().getTime() - 86_400_000)
  const [paid, subscriptions, failed, drift] = await Promise.all([
    db.selectFrom('orders').select(countAll).where('paid_at', '>=', dayAgo).executeTakeFirstOrThrow(),
    db
      .selectFrom('subscriptions')
      .select(countAll)
      .where('state', 'in', ['active', 'trialing'])
      .where('duplicate', '=', false)
      .executeTakeFirstOrThrow(),
    db.selectFrom('events').select(countAll).where('state', '=', 'failed').executeTakeFirstOrThrow(),
    db.selectFrom('drift').select(countAll).where('closed_at', 'is', null).executeTakeFirstOrThrow(),
  ])
  return [
    { label: 'Orders paid in the last 24 hours', value: paid.count, url: '/admin/orders?state=paid' },
    { label: 'Active subscriptions', value: subscriptions.count, url: '/admin/readers' },
    { label: 'Events that could not be applied', value: failed.count, url: '/admin/events?state=failed' },
    { label: 'Open differences from Stripe', value: drift.count, url: '/admin/drift' },
  ]
}

const countAll = sql<number>`count(*)`.as('count')
