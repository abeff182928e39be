import { type Request, type Response, Router } from 'express'
import { promotionView } from '../cart/pages.ts'
import { formatMoney } from '../money/format-money.ts'
import { perText } from '../plans/plan.ts'
import { listPromotions } from '../plans/promotion-store.ts'
import { listPlans } from '../plans/store.ts'
import type { AdminDeps } from './deps.ts'

/** Plans with their promotion codes: short lists on one page. */
export function listRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/plans', (req, res) => showPlans(deps, req, res))
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
