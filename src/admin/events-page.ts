import { type Request, type Response, Router } from 'express'
import { realClock } from '../clock.ts'
import { NotFound } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import { type EventState, eventStates, type InboxEvent, reopenEvent } from '../webhooks/inbox.ts'
import type { AdminDeps } from './deps.ts'
import { type EventPlace, findEvents } from './find-events.ts'

const onPage = 50

export function eventRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/events', (req, res) => showEvents(deps, req, res))
  router.post('/events/:id/attempts', (req, res) => tryAgain(deps, req, res, req.params.id))
  return router
}

async function showEvents(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const filters = { state: queryText(req, 'state'), type: queryText(req, 'type') }
  const state = eventStates.find((one) => one === filters.state) ?? null
  const after = parsePlace(queryText(req, 'after'))
  const found = await findEvents(deps.db, { state, type: filters.type }, { after, limit: onPage + 1 })
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  await deps.render(req, res, {
    view: 'admin/events',
    title: 'Events',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: {
      filters,
      states: eventStates,
      rows: shown.map((event) => eventRow(deps, event)),
      older: last ? addressOf(filters, last) : null,
    },
  })
}

const stateTexts: Record<EventState, string> = {
  received: 'Waiting to be applied',
  applied: 'Applied',
  ignored: 'Ignored',
  failed: 'Set aside',
}

function eventRow({ calendar }: AdminDeps, event: Omit<InboxEvent, 'payload'>) {
  return {
    id: event.id,
    type: event.type,
    created: calendar.time(event.createdAt),
    received: calendar.time(event.receivedAt),
    state: event.state,
    stateText: stateTexts[event.state],
    attempts: event.attempts,
    error: event.note,
    replayUrl: `/admin/events/${event.id}/attempts`,
  }
}

/** Applying an event again is always safe: it brings us to what Stripe says now. */
async function tryAgain(deps: AdminDeps, _req: Request, res: Response, id: string): Promise<void> {
  if (!(await reopenEvent(deps.db, id, realClock())))
    throw new NotFound('There is no such event in the inbox.')
  deps.applyAgain(id)
  res.redirect(303, '/admin/events')
}

function addressOf(filters: { state: string; type: string }, last: EventPlace): string {
  const parts = Object.entries({ ...filters, after: `${last.receivedAt.getTime()}_${last.id}` })
  return `/admin/events?${new URLSearchParams(parts.filter(([, value]) => value !== ''))}`
}

function parsePlace(text: string): EventPlace | null {
  const match = /^(\d{1,14})_(evt_[A-Za-z0-9_]{1,250})$/.exec(text)
  return match?.[1] && match[2] ? { receivedAt: new Date(Number(match[1])), id: match[2] } : null
}
