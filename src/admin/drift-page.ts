import { type Request, type Response, Router } from 'express'
import { queryText } from '../http/forms.ts'
import { type DriftKind, driftKinds, type FoundDrift } from '../orders/drift.ts'
import { type Comparison, stages } from '../reconcile/comparison.ts'
import { countOpenDrift, type DriftFilters, findDrifts } from '../reconcile/drift-store.ts'
import { kinds } from '../reconcile/kinds/table.ts'
import { startComparison } from '../reconcile/start-comparison.ts'
import { listComparisons } from '../reconcile/store.ts'
import type { AdminDeps } from './deps.ts'
import { mayMend, requireMender } from './may-mend.ts'
import { parsePlace, placeText } from './place.ts'

const onPage = 50
const states = ['open', 'closed', 'all'] as const

export function driftRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/drift', (req, res) => showDrift(deps, req, res))
  router.post('/drift/comparisons', (req, res) => compareNow(deps, req, res))
  return router
}

async function showDrift(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const asked = { state: queryText(req, 'state') || 'open', kind: queryText(req, 'kind') }
  const after = parsePlace(queryText(req, 'after'))
  const [found, open, comparisons] = await Promise.all([
    findDrifts(deps.db, filtersFrom(asked), { after, limit: onPage + 1 }),
    countOpenDrift(deps.db),
    listComparisons(deps.db, 10),
  ])
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  await deps.render(req, res, {
    view: 'admin/drift',
    title: 'Drift',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: {
      filters: asked,
      states,
      kinds: driftKinds.map((kind) => ({ kind, title: kinds[kind].title })),
      rows: shown.map((drift) => driftRow(deps, drift)),
      open,
      ...progressView(deps, comparisons),
      mayMend: mayMend(deps, req),
      newest: after ? addressOf(asked, '') : null,
      older: last ? addressOf(asked, placeText(last.foundAt, last.id)) : null,
    },
  })
}

/** What cannot be understood filters nothing. */
function filtersFrom({ state, kind }: { state: string; kind: string }): DriftFilters {
  const isOpen = state === 'all' ? null : state !== 'closed'
  return { kind: driftKinds.find((one) => one === kind) ?? (null satisfies DriftKind | null), isOpen }
}

function addressOf(asked: { state: string; kind: string }, after: string): string {
  const parts = Object.entries({ ...asked, after }).filter(([, value]) => value !== '')
  return `/admin/drift?${new URLSearchParams(parts)}`
}

/** A difference as the list and its own page show it. */
export function driftRow({ calendar }: AdminDeps, drift: FoundDrift) {
  return {
    id: drift.id,
    url: `/admin/drift/${drift.id}`,
    title: kinds[drift.kind]?.title ?? drift.kind,
    subject: drift.subject,
    orderUrl: drift.subject.startsWith('NS-') ? `/admin/orders/${drift.subject}` : null,
    stripeSays: drift.stripeSays,
    weSay: drift.weSay,
    fix: drift.fix,
    found: calendar.time(drift.foundAt),
    closed: drift.closedAt ? calendar.time(drift.closedAt) : null,
    closedBy: drift.closedBy,
    closedHow: drift.closedHow,
    lastError: drift.lastError,
  }
}

/** The comparison under way, and those before it. */
function progressView({ calendar }: AdminDeps, comparisons: Comparison[]) {
  const rows = comparisons.map((comparison) => ({
    started: calendar.time(comparison.startedAt),
    finished: comparison.finishedAt ? calendar.time(comparison.finishedAt) : null,
    askedBy: comparison.askedBy ?? 'at night',
    stage: comparison.stage,
    step: stages.indexOf(comparison.stage) + 1,
    steps: stages.length,
    lookedAt: comparison.lookedAt.toLocaleString('en'),
    found: comparison.found,
    closed: comparison.closed,
    lastError: comparison.lastError,
  }))
  const last = rows.find(({ finished }) => finished) ?? null
  return { running: rows.find(({ finished }) => !finished) ?? null, last, comparisons: rows }
}

async function compareNow(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const staff = requireMender(deps, req)
  await startComparison(deps, staff.email)
  res.redirect(303, '/admin/drift')
}
