import { type Request, type Response, Router } from 'express'
import { promotionView } from '../cart/pages.ts'
import { formatMoney } from '../money/format-money.ts'
import { listDrift } from '../orders/drift.ts'
import { perText } from '../plans/plan.ts'
import { listPromotions } from '../plans/promotion-store.ts'
import { listPlans } from '../plans/store.ts'
import type { AdminDeps } from './deps.ts'

/** Plans with their promotion codes, and differences from Stripe: short lists, a page each. */
export function listRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/plans', (req, res) => showPlans(deps, req, res))
  router.get('/drift', (req, res) => showDrift(deps, req, res))
  return router
}

async function showPlans(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const { db, installation, calendar } = deps
  const [plans, promotions] = await Promise.all([listPlans(db), listPromotions(db)])
  const rows = plans.flatMap(({ plan, prices }) =>
    prices.map((price) => ({
      slug: plan.slug,
      name: plan.name,
      price: formatMoney(price.amount, installation.locale),
      per: perText(price.interval),
      opens: plan.opens.join(', '),
      active: plan.active && price.active,
      synced: price.stripePriceId ? 'yes' : 'not yet',
      stripeId: price.stripePriceId,
    })),
  )
  const codes = promotions.map((promotion) => ({
    ...promotionView(promotion, installation.locale),
    used: promotion.redemptions,
    limit: promotion.redemptionsLimit,
    until: promotion.expiresAt ? calendar.date(promotion.expiresAt) : null,
    active: promotion.active,
  }))
  const model = { rows, promotions: codes }
  await deps.render(req, res, {
    view: 'admin/plans',
    title: 'Plans',
    layout: 'staff',
    noindex: true,
    secret: true,
    model,
  })
}

async function showDrift(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const { db, calendar } = deps
  const rows = (await listDrift(db, null)).map((drift) => ({
    id: drift.id,
    found: calendar.time(drift.foundAt),
    kind: drift.kind,
    subject: drift.subject,
    subjectUrl: drift.orderId && drift.subject.startsWith('NS-') ? `/admin/orders/${drift.subject}` : null,
    stripeSays: drift.stripeSays,
    weSay: drift.weSay,
    fix: drift.fix,
    closed: drift.closedAt ? calendar.time(drift.closedAt) : null,
  }))
  const model = { rows }
  await deps.render(req, res, {
    view: 'admin/drift',
    title: 'Drift',
    layout: 'staff',
    noindex: true,
    secret: true,
    model,
  })
}
