import { type Request, Router } from 'express'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import type { Render } from '../http/render.ts'
import { planView } from './pages.ts'
import { listCollections, listPlansOnSale } from './store.ts'

export interface PlanRoutesDeps {
  db: Database
  installation: Installation
  render: Render
  /** Slugs of the plans in the request's cart. */
  plansInCart: (req: Request) => Promise<Set<string>>
}

export function planRoutes({ db, installation, render, plansInCart }: PlanRoutesDeps): Router {
  const router = Router()
  router.get('/subscribe', async (req, res) => {
    const plans = await listPlansOnSale(db, installation.currency)
    const [collections, inCart] = await Promise.all([listCollections(db), plansInCart(req)])
    await render(req, res, {
      view: 'plans/subscribe',
      title: 'Subscribe',
      description: `What a subscription to ${installation.publication_name} costs and opens.`,
      canonical: '/subscribe',
      model: { plans: plans.map((plan) => planView(plan, collections, installation.locale, inCart)) },
    })
  })
  return router
}
