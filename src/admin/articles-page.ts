import { type Request, type Response, Router } from 'express'
import { queryText } from '../http/forms.ts'
import type { AdminDeps } from './deps.ts'
import { findArticles } from './find-articles.ts'
import { parsePlace, placeText } from './place.ts'

const onPage = 50

export function articleListRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/articles', (req, res) => showArticles(deps, req, res))
  return router
}

async function showArticles(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const q = queryText(req, 'q')
  const found = await findArticles(deps.db, q, {
    after: parsePlace(queryText(req, 'after')),
    limit: onPage + 1,
  })
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  const more = last ? new URLSearchParams({ q, after: placeText(last.publishedAt, last.id) }) : null
  await deps.render(req, res, {
    view: 'admin/articles',
    title: 'Articles',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: {
      q,
      rows: shown.map((article) => ({ ...article, published: deps.calendar.time(article.publishedAt) })),
      older: more ? `/admin/articles?${more}` : null,
    },
  })
}
