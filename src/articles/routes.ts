import { type Request, type Response, Router } from 'express'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { NotFound } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import type { Calendar } from '../http/moment.ts'
import type { Render } from '../http/render.ts'
import { robots, rssFeed, sitemap } from './feeds.ts'
import { card } from './pages.ts'
import { findTag, listAddresses, listHeadlines, listPreviews, listTags, type Place } from './store.ts'

export interface ArticleRoutesDeps {
  db: Database
  clock: Clock
  installation: Installation
  calendar: Calendar
  publicUrl: string
  render: Render
}

const onFrontPage = 24
const onTagPage = 20

export function articleRoutes(deps: ArticleRoutesDeps): Router {
  const router = Router()
  router.get('/', (req, res) => showFrontPage(deps, req, res))
  router.get('/tags/:tag', (req, res) => showTag(deps, req, res, req.params.tag))
  router.get('/feed.xml', (_req, res) => sendFeed(deps, res))
  router.get('/sitemap.xml', (_req, res) => sendSitemap(deps, res))
  router.get('/robots.txt', (_req, res) => send(res, 'text/plain', robots(deps.publicUrl)))
  return router
}

async function showFrontPage(deps: ArticleRoutesDeps, req: Request, res: Response): Promise<void> {
  const { db, clock, calendar, installation } = deps
  const headlines = await listHeadlines(db, clock(), { limit: onFrontPage })
  const [lead, ...others] = headlines.map((headline) => card(headline, calendar))
  const tags = await listTags(db, clock(), 12)
  await deps.render(req, res, {
    view: 'articles/front',
    title: installation.publication_name,
    description: installation.tagline,
    canonical: '/',
    model: { lead: lead ?? null, second: others.slice(0, 4), rest: others.slice(4), tags },
  })
}

async function showTag(deps: ArticleRoutesDeps, req: Request, res: Response, slug: string): Promise<void> {
  const { db, clock, calendar } = deps
  const tag = await findTag(db, slug)
  if (!tag) throw new NotFound('There is no such tag.')
  const after = parsePlace(queryText(req, 'after'))
  const headlines = await listHeadlines(db, clock(), { limit: onTagPage + 1, tag: slug, after })
  const shown = headlines.slice(0, onTagPage)
  const last = headlines.length > onTagPage ? shown.at(-1) : undefined
  await deps.render(req, res, {
    view: 'articles/tag',
    title: tag.name,
    description: `Articles on ${tag.name}.`,
    canonical: after ? null : `/tags/${slug}`,
    noindex: after !== null,
    model: {
      tag,
      cards: shown.map((headline) => card(headline, calendar)),
      newer: after ? `/tags/${slug}` : null,
      older: last ? `/tags/${slug}?after=${placeText(last)}` : null,
    },
  })
}

/** Milliseconds and id: short, and the same however the locale writes dates. */
function placeText(place: Place): string {
  return `${place.publishedAt.getTime()}_${place.id}`
}

/** null: the text is none of ours, and the list begins at the top. */
function parsePlace(text: string): Place | null {
  const match = /^(\d{1,14})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text)
  return match?.[1] && match[2] ? { publishedAt: new Date(Number(match[1])), id: match[2] } : null
}

async function sendFeed(
  { db, clock, installation, publicUrl }: ArticleRoutesDeps,
  res: Response,
): Promise<void> {
  send(res, 'application/rss+xml', rssFeed(await listPreviews(db, clock(), 30), installation, publicUrl))
}

async function sendSitemap({ db, clock, publicUrl }: ArticleRoutesDeps, res: Response): Promise<void> {
  const [articles, tags] = await Promise.all([listAddresses(db, clock()), listTags(db, clock(), 1000)])
  const paths = [
    ...['/', '/subscribe'].map((path) => ({ path, updatedAt: null })),
    ...tags.map((tag) => ({ path: `/tags/${tag.slug}`, updatedAt: null })),
    ...articles.map(({ slug, updatedAt }) => ({ path: `/articles/${slug}`, updatedAt })),
  ]
  send(res, 'application/xml', sitemap(paths, publicUrl))
}

/**
 * The same for everyone, whatever cookies came along; but a session may just have been lengthened, and a shared cache
 * would hand its cookie to everyone as well.
 */
function send(res: Response, type: string, text: string): void {
  const caching = res.hasHeader('Set-Cookie') ? 'private, no-store' : 'public, max-age=300'
  res.set('Cache-Control', caching).type(type).send(text)
}
