import { join } from 'node:path'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import type Stripe from 'stripe'
import { accountRoutes } from './account/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { guardStaffDesk } from './admin/staff-only.ts'
import { articleRoutes } from './articles/routes.ts'
import { cartRoutes, pricedCartOf } from './cart/routes.ts'
import type { CheckoutDeps } from './checkout/deps.ts'
import { checkoutRoutes } from './checkout/routes.ts'
import { openDoors } from './doors.ts'
import { NotFound } from './errors.ts'
import { openAssets } from './http/assets.ts'
import { errorPage } from './http/error-page.ts'
import { logRequests } from './http/log-requests.ts'
import { openOperations } from './http/operations.ts'
import { refuseNulInAddress, refuseNulInForm } from './http/refuse-nul.ts'
import { createRender } from './http/render.ts'
import { sameOriginOnly } from './http/same-origin.ts'
import { securityHeaders } from './http/security-headers.ts'
import { openTemplates } from './http/templates.ts'
import { paywallRoutes } from './paywall/routes.ts'
import { planRoutes } from './plans/routes.ts'
import { sessionOf } from './readers/load-session.ts'
import type { Readers } from './readers/readers.ts'
import { readerRoutes } from './readers/routes.ts'
import { countOpenDrift } from './reconcile/drift-store.ts'
import type { Settings } from './settings.ts'
import { openShell } from './shell.ts'
import type { Applier } from './webhooks/apply-soon.ts'
import { webhookRoutes } from './webhooks/routes.ts'

export interface AppDeps extends Omit<CheckoutDeps, 'log'> {
  stripe: Stripe
  webhookSecret: string
  readers: Readers
  applier: Applier
  /** null: this is no sandbox. */
  sandboxUrl: string | null
  log: Logger
  settings: Pick<Settings, 'trustProxy' | 'metricsToken'>
  ready: () => Promise<void>
  /** Templates are read anew at every use, for work on them. */
  reloadTemplates: boolean
}

const viewsFolder = join(import.meta.dirname, '..', 'views')
/** The largest form is an order's; nobody types this much. */
const largestForm = '20kb'

/** The sitemap of the program: every router, in the order in which it is asked. */
export function createApp(deps: AppDeps): Express {
  const { publicUrl, sandboxUrl, settings, db, installation, log } = deps
  const secureCookies = publicUrl.startsWith('https:')
  const assets = openAssets(join(viewsFolder, 'assets'))
  const templates = openTemplates(viewsFolder, { reload: deps.reloadTemplates })
  const render = createRender(templates, openShell({ ...deps, assets }))
  const operations = openOperations({
    ready: deps.ready,
    metricsToken: settings.metricsToken,
    counts: [
      {
        name: 'newsstand_open_drift',
        help: 'Differences from Stripe, and questions, that wait for staff',
        read: () => countOpenDrift(db),
      },
    ],
  })
  const doors = openDoors(deps)
  const plansInCart = async (req: express.Request) => {
    const { lines } = await pricedCartOf(deps, req)
    return new Set(lines.map((line) => line.plan.slug))
  }

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', settings.trustProxy)
  app.use(operations.measure)
  app.use(securityHeaders({ https: secureCookies, sandboxUrl }))
  app.use(operations.router)
  app.use(logRequests(log))
  app.use(assets.router)
  app.use(webhookRoutes(deps))
  app.use(sameOriginOnly)
  app.use(deps.readers.loadSession)
  app.use(guardStaffDesk(doors))
  app.use(refuseNulInAddress)
  app.use(express.urlencoded({ extended: false, limit: largestForm }))
  app.use(refuseNulInForm)
  app.use(articleRoutes({ ...deps, render }))
  app.use(paywallRoutes({ ...deps, render, readerIdOf: (req) => sessionOf(req)?.readerId ?? null }))
  app.use(planRoutes({ db, installation, render, plansInCart }))
  app.use(cartRoutes({ ...deps, render, secureCookies }))
  app.use(checkoutRoutes({ ...deps, render, accounts: doors.accounts, secureCookies }))
  app.use(readerRoutes({ readers: deps.readers, render }))
  app.use(accountRoutes({ ...deps, render, readerOf: doors.readerOf, correctEmail: doors.correctEmail }))
  app.use(
    '/admin',
    adminRoutes({ ...deps, render, visitorOf: doors.visitorOf, applyAgain: deps.applier.soon }),
  )
  app.use(() => {
    throw new NotFound()
  })
  app.use(errorPage(render, (error) => log.error({ err: error }, 'a request failed')))
  return app
}
