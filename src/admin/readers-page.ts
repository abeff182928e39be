import { type Request, type Response, Router } from 'express'
import { overdueOf } from '../entitlements/overdue.ts'
import { queryText } from '../http/forms.ts'
import type { AdminDeps } from './deps.ts'
import { type FoundReader, findReaders, type ReaderPlace } from './find-readers.ts'
import { overdueText } from './overdue-text.ts'
import { parsePlace, placeText } from './place.ts'

const onPage = 50

export function readerListRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/readers', (req, res) => showReaders(deps, req, res))
  return router
}

async function showReaders(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const q = queryText(req, 'q')
  const found = await findReaders(deps.db, q, { after: placeIn(req), limit: onPage + 1 })
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  const older = last
    ? `/admin/readers?${new URLSearchParams({ q, after: placeText(last.since, last.id) })}`
    : null
  await deps.render(req, res, {
    view: 'admin/readers',
    title: 'Readers',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: { q, rows: shown.map((reader) => readerRow(deps, reader)), older },
  })
}

function readerRow({ calendar, clock, grace }: AdminDeps, reader: FoundReader) {
  const { email, proved, orders, subscription, staffRole } = reader
  const overdue = subscription ? overdueOf(subscription, grace, clock()) : null
  return {
    email,
    proved,
    orders,
    staffRole,
    since: calendar.date(reader.since),
    subscription: subscription?.state.replaceAll('_', ' ') ?? null,
    overdue: overdue ? overdueText(calendar, overdue) : null,
  }
}

function placeIn(req: Request): ReaderPlace | null {
  const place = parsePlace(queryText(req, 'after'))
  return place ? { since: place.at, id: place.id } : null
}
