import { Router } from 'express'
import { NotFound } from '../errors.ts'
import { articleListRoutes } from './articles-page.ts'
import type { AdminDeps } from './deps.ts'
import { driftRoutes } from './drift-page.ts'
import { eventRoutes } from './events-page.ts'
import { homeRoutes } from './home-page.ts'
import { ledgerRoutes } from './ledger-page.ts'
import { listRoutes } from './lists.ts'
import { mendRoutes } from './mend-page.ts'
import { orderAnswerRoutes } from './order-answers.ts'
import { orderRoutes } from './order-page.ts'
import { orderListRoutes } from './orders-page.ts'
import { readerListRoutes } from './readers-page.ts'
import { staffOnly } from './staff-only.ts'

/** All that is below /admin. */
export function adminRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.use(staffOnly(deps))
  router.use(homeRoutes(deps))
  router.use(orderListRoutes(deps))
  router.use(orderRoutes(deps))
  router.use(orderAnswerRoutes(deps))
  router.use(readerListRoutes(deps))
  router.use(articleListRoutes(deps))
  router.use(eventRoutes(deps))
  router.use(ledgerRoutes(deps))
  router.use(listRoutes(deps))
  router.use(driftRoutes(deps))
  router.use(mendRoutes(deps))
  router.use(() => {
    throw new NotFound('There is no such staff page.')
  })
  return router
}
