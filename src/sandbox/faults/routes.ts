import { json, type Request, type Response, Router, urlencoded } from 'express'
import { type House, readPresent } from '../house.ts'
import { wantsPage } from '../pages/guard.ts'
import type { Render } from '../pages/render.ts'
import { changeFaults, type Faults } from './faults.ts'

/** What each fault means, for the page. */
const meanings: Record<keyof Faults, string> = {
  duplicate: 'A webhook is sent twice at the same moment.',
  delay_ms: 'Every webhook is held back by up to so many milliseconds.',
  reorder: 'A webhook is held back until later ones have overtaken it.',
  drop: 'A webhook is never sent.',
  api_failure: 'An API call is answered 500 before it did anything.',
  api_failure_after: 'An API call does its work and is answered 500.',
  rate_limit: 'An API call is answered 429.',
}

/** The faults that are switched on, and the form that switches them. */
export function faultRoutes(house: House, render: Render): Router {
  const router = Router()
  router.get('/faults', async (req, res) => {
    const { faults } = await readPresent(house)
    if (!wantsPage(req.headers.accept)) return void res.json(faults)
    await showFaults(res, faults, null)
  })
  router.post('/faults', urlencoded({ extended: false }), json(), async (req: Request, res: Response) => {
    const { faults } = await readPresent(house)
    const changed = changeFaults(faults, Object(req.body))
    const forPage = wantsPage(req.headers.accept)
    if ('problem' in changed) {
      if (forPage) return showFaults(res, faults, String(changed.problem), 422)
      return void res.status(422).json({ error: changed.problem })
    }
    await house.db
      .updateTable('faults')
      .set({ settings: JSON.stringify(changed) })
      .execute()
    if (forPage) return res.redirect(303, '/faults')
    res.json(changed)
  })
  return router

  async function showFaults(
    res: Response,
    faults: Faults,
    problem: string | null,
    status = 200,
  ): Promise<void> {
    const rows = Object.entries(faults).map(([name, value]) => ({
      name,
      value,
      meaning: Object.hasOwn(meanings, name) ? meanings[name as keyof Faults] : '',
    }))
    await render(res, 'faults', { title: 'Faults', part: 'faults', rows, problem }, status)
  }
}
