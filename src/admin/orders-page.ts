import { type Request, type Response, Router } from 'express'
import { queryText } from '../http/forms.ts'
import { formatMoney } from '../money/format-money.ts'
import { money } from '../money/money.ts'
import { type OrderState, orderStates, orderStateText } from '../orders/order.ts'
import type { AdminDeps } from './deps.ts'
import {
  countOrders,
  type FoundOrder,
  findOrders,
  type OrderFilters,
  type OrderPlace,
} from './find-orders.ts'
import { parsePlace, placeText } from './place.ts'

const onPage = 50
const countedUpTo = 1000

export function orderListRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/orders', (req, res) => showOrders(deps, req, res))
  return router
}

async function showOrders(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const asked = askedFor(req)
  const filters = filtersFrom(asked)
  const after = placeIn(req)
  const [found, total] = await Promise.all([
    findOrders(deps.db, filters, { after, limit: onPage + 1 }),
    countOrders(deps.db, filters, countedUpTo),
  ])
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  await deps.render(req, res, {
    view: 'admin/orders',
    title: 'Orders',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: {
      filters: asked,
      states: orderStates,
      rows: shown.map((order) => orderRow(deps, order)),
      older: last ? addressOf(asked, placeText(last.placedAt, last.id)) : null,
      newest: after ? addressOf(asked, '') : null,
      total,
      totalIsMore: total >= countedUpTo,
    },
  })
}

/** A row of an order list. */
export function orderRow({ calendar, installation }: AdminDeps, order: FoundOrder) {
  return {
    number: order.number,
    placed: calendar.time(order.placedAt),
    email: order.email,
    lines: order.lines,
    total: formatMoney(money(order.total, order.currency), installation.locale),
    state: order.state,
    stateText: orderStateText(order),
  }
}

function askedFor(req: Request) {
  return {
    q: queryText(req, 'q'),
    state: queryText(req, 'state'),
    from: queryText(req, 'from'),
    to: queryText(req, 'to'),
  }
}

/** What cannot be understood filters nothing. */
function filtersFrom(asked: ReturnType<typeof askedFor>): OrderFilters {
  const state = orderStates.find((one) => one === asked.state) ?? ('' satisfies '' | OrderState)
  const to = parseDay(asked.to)
  return {
    q: asked.q,
    state,
    from: parseDay(asked.from),
    until: to ? new Date(to.getTime() + 86_400_000) : null,
  }
}

/** "2026-11-22" as the beginning of that day, UTC. */
function parseDay(text: string): Date | null {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null
  return at && !Number.isNaN(at.getTime()) ? at : null
}

function addressOf(asked: ReturnType<typeof askedFor>, after: string): string {
  const parts = Object.entries({ ...asked, after }).filter(([, value]) => value !== '')
  const query = new URLSearchParams(parts).toString()
  return query ? `/admin/orders?${query}` : '/admin/orders'
}

function placeIn(req: Request): OrderPlace | null {
  const place = parsePlace(queryText(req, 'after'))
  return place ? { placedAt: place.at, id: place.id } : null
}
