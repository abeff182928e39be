import { timingSafeEqual } from 'node:crypto'
import { type Request, type RequestHandler, Router } from 'express'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { NotFound } from '../errors.ts'

export interface OperationsDeps {
  /** Resolves when the database answers and its migrations are done; throws otherwise. */
  ready: () => Promise<void>
  /** Lets /metrics be read from elsewhere than loopback; null: loopback alone. */
  metricsToken: string | null
  /** What is counted whenever somebody reads /metrics. */
  counts?: Count[]
}

export interface Count {
  name: string
  help: string
  read: () => Promise<number>
}

export interface Operations {
  /** Counts and times every answer; mounted first. */
  measure: RequestHandler
  router: RequestHandler
}

/** What operators look at: does it live, can it serve, how is it doing. */
export function openOperations(deps: OperationsDeps): Operations {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by method, status and the first part of the path',
    labelNames: ['method', 'status', 'place'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  })
  for (const count of deps.counts ?? []) addGauge(registry, count)
  const measure: RequestHandler = (req, res, next) => {
    const stop = seconds.startTimer({ method: req.method, place: placeOf(req.path) })
    res.on('finish', () => stop({ status: String(res.statusCode) }))
    next()
  }
  return { measure, router: operationRoutes(deps, registry) }
}

function addGauge(registry: Registry, { name, help, read }: Count): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      // A database that is away must not take the other metrics with it.
      this.set(await read().catch(() => Number.NaN))
    },
  })
}

function operationRoutes({ ready, metricsToken }: OperationsDeps, registry: Registry): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => void res.set('Cache-Control', 'no-store').type('text').send('ok\n'))
  router.get('/readyz', async (_req, res) => {
    res.set('Cache-Control', 'no-store').type('text')
    try {
      await ready()
      res.send('ready\n')
    } catch {
      res.status(503).send('not ready: the database does not answer\n')
    }
  })
  router.get('/metrics', async (req, res) => {
    if (!mayRead(req, metricsToken)) throw new NotFound()
    res
      .set('Cache-Control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics())
  })
  return router
}

/** Known first parts only: paths that strangers make up must not each become a series. */
const places = new Set([
  '',
  'articles',
  'tags',
  'search',
  'subscribe',
  'cart',
  'checkout',
  'orders',
  'sign-in',
  'account',
  'admin',
  'webhooks',
  'assets',
  'feed.xml',
])

function placeOf(path: string): string {
  const first = path.split('/')[1] ?? ''
  return places.has(first) ? `/${first}` : 'other'
}

/**
 * A stranger who comes through a proxy is not on loopback, whatever is believed of what the stranger says: the connection
 * and every address that forwarding headers name must be on it.
 */
function mayRead(req: Request, token: string | null): boolean {
  const addresses = [req.socket.remoteAddress ?? '', req.ip ?? '', ...req.ips]
  if (addresses.every((address) => /^(::ffff:)?127\.|^::1$/.test(address))) return true
  const given = /^Bearer (.+)$/.exec(req.get('authorization') ?? '')?.[1]
  if (!token || !given) return false
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
