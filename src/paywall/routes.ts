import { type Request, type Response, Router } from 'express'
import type { Preview } from '../articles/article.ts'
import { card } from '../articles/pages.ts'
import { searchArticles } from '../articles/search-articles.ts'
import { findBodyHtml, findPreview, listRelated } from '../articles/store.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { NotFound } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import type { Calendar } from '../http/moment.ts'
import type { Render } from '../http/render.ts'
import { planView } from '../plans/pages.ts'
import { listCollections, listPlansOnSale } from '../plans/store.ts'
import { accessFor, entitlementsFor } from './access.ts'
import { readableCollections } from './decide-access.ts'
import { structuredData } from './structured-data.ts'

export interface PaywallRoutesDeps {
  db: Database
  clock: Clock
  installation: Installation
  calendar: Calendar
  publicUrl: string
  render: Render
  /** null: nobody is signed in. */
  readerIdOf: (req: Request) => string | null
}

const hitsOnPage = 15
const lastPage = 40

export function paywallRoutes(deps: PaywallRoutesDeps): Router {
  const router = Router()
  router.get('/articles/:slug', (req, res) => showArticle(deps, req, res, req.params.slug))
  router.get('/search', (req, res) => showSearch(deps, req, res))
  return router
}

async function showArticle(
  deps: PaywallRoutesDeps,
  req: Request,
  res: Response,
  slug: string,
): Promise<void> {
  const { db, clock, calendar, installation, publicUrl } = deps
  const now = clock()
  const article = await findPreview(db, slug, now)
  if (!article)
    throw new NotFound('There is no such article. It may have been moved, or not be published yet.')
  const decision = await accessFor(db, article, deps.readerIdOf(req), now)
  const full = decision.access === 'full'
  const bodyHtml = full ? await findBodyHtml(db, article.id) : article.previewHtml
  const related = await listRelated(db, article, now, 3)
  await deps.render(req, res, {
    view: 'articles/article',
    title: article.headline,
    description: article.standfirst,
    canonical: `/articles/${article.slug}`,
    jsonLd: structuredData(article, installation, publicUrl),
    model: {
      article: { ...card(article, calendar), updated: updatedMoment(article, calendar), bodyHtml },
      decision: { access: decision.access, reason: decision.reason },
      offer: full ? null : await offerFor(deps, article),
      related: related.map((headline) => card(headline, calendar)),
    },
  })
}

/** Worth saying only where the text changed on a later day. */
function updatedMoment(article: Preview, calendar: Calendar) {
  const updated = calendar.date(article.updatedAt)
  const changed =
    article.updatedAt > article.publishedAt && updated.text !== calendar.date(article.publishedAt).text
  return changed ? updated : null
}

/** The plans that would open this article, in the publisher's order. */
async function offerFor({ db, installation }: PaywallRoutesDeps, article: Preview) {
  const [plans, collections] = await Promise.all([
    listPlansOnSale(db, installation.currency),
    listCollections(db),
  ])
  const opening = plans.filter((plan) => plan.kind !== 'gift' && plan.opens.includes(article.collection))
  return { plans: opening.map((plan) => planView(plan, collections, installation.locale)) }
}

async function showSearch(deps: PaywallRoutesDeps, req: Request, res: Response): Promise<void> {
  const query = queryText(req, 'q')
  const page = pageOf(queryText(req, 'page'))
  const found = query ? await search(deps, req, query, page) : null
  const at = (number: number) => `/search?${new URLSearchParams({ q: query, page: String(number) })}`
  const more = found !== null && found.total > page * hitsOnPage && page < lastPage
  await deps.render(req, res, {
    view: 'articles/search',
    title: query ? `Search: ${query}` : 'Search',
    noindex: true,
    model: {
      query,
      results:
        found?.hits.map((hit) => ({ ...card(hit, deps.calendar), snippetHtml: hit.snippetHtml })) ?? null,
      total: found?.total ?? 0,
      newer: page > 1 ? at(page - 1) : null,
      older: more ? at(page + 1) : null,
      subscribersOnlyNote: found?.restricted ?? false,
    },
  })
}

async function search(deps: PaywallRoutesDeps, req: Request, query: string, page: number) {
  const now = deps.clock()
  const readable = readableCollections(await entitlementsFor(deps.db, deps.readerIdOf(req)), now)
  const offset = (page - 1) * hitsOnPage
  const result = await searchArticles(deps.db, { query, readable, now, limit: hitsOnPage, offset })
  return { ...result, restricted: readable.length === 0 }
}

/** 1 for anything that is no page. */
function pageOf(text: string): number {
  return /^[1-9]\d?$/.test(text) ? Math.min(Number(text), lastPage) : 1
}
