import { Router } from 'express'
import { sql } from 'kysely'
import { type House, readPresent } from '../house.ts'
import { formatMoment } from '../pages/moments.ts'
import type { Render } from '../pages/render.ts'

interface LatestEvent {
  id: string
  type: string
  created: number
  object_id: string | null
  states: string
}

/** The page for people: what the sandbox holds and what it told lately. */
export function peopleRoutes(house: House, render: Render): Router {
  const router = Router()
  router.get('/', async (_req, res) => {
    const { now } = await readPresent(house)
    const events = await latestEvents(house)
    await render(res, 'home', {
      title: 'Sandbox',
      part: 'home',
      time: formatMoment(new Date(now * 1000)),
      kinds: await countKinds(house),
      events: events.map((event) => ({ ...event, time: formatMoment(new Date(event.created * 1000)) })),
    })
  })
  return router
}

async function countKinds(house: House): Promise<{ kind: string; count: number }[]> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind, count(*) as count from sandbox.objects where not deleted group by kind order by kind`.execute(
    house.db,
  )
  return rows
}

async function latestEvents(house: House): Promise<LatestEvent[]> {
  const { rows } = await sql<LatestEvent>`
    select e.id, e.type, e.created, e.object_id, coalesce(string_agg(distinct replace(d.state, '_', ' '), ', '), 'for nobody') as states
    from (select * from sandbox.events order by seq desc limit 50) e left join sandbox.deliveries d on d.event_id = e.id
    group by e.id, e.type, e.created, e.object_id, e.seq order by e.seq desc`.execute(house.db)
  return rows
}
