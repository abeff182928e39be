import { json, type Request, type Response, Router, urlencoded } from 'express'
import type { Deliverer } from '../events/deliver-events.ts'
import type { House } from '../house.ts'
import { wantsPage } from '../pages/guard.ts'
import { formatMoment } from '../pages/moments.ts'
import type { Render } from '../pages/render.ts'
import { advanceClock } from './advance-clock.ts'
import type { Clock } from './clock.ts'

const longest = 20 * 366 * 86_400

/** The clock: what time it is, who wants to be told, and the form that moves it. */
export function clockRoutes(house: House, render: Render, clock: Clock, deliverer: Deliverer): Router {
  const router = Router()
  const bodies = [urlencoded({ extended: false }), json()]

  router.get('/clock', async (req, res) => {
    const present = await clock.read()
    if (wantsPage(req.headers.accept)) return showClock(res, null)
    res.json({ now: iso(present.now), offsetMs: present.offsetMs, version: present.version })
  })
  router.get('/clock/stream', async (req, res) => stream(clock, req, res))
  router.post('/clock/acknowledgements', bodies, async (req: Request, res: Response) => {
    const { listener, version } = Object(req.body)
    if (typeof listener !== 'string' || !Number.isSafeInteger(Number(version))) {
      res.status(422).json({ error: 'listener (text) and version (a whole number) are needed.' })
    } else if (await clock.acknowledge(listener, Number(version))) res.status(204).end()
    else res.status(404).json({ error: 'No listener of that name is connected.' })
  })
  router.post('/clock/advance', bodies, async (req: Request, res: Response) => {
    const { now } = await clock.read()
    const target = targetOf(Object(req.body), now)
    const result =
      typeof target === 'string' ? { problem: target } : await advanceClock(house, clock, deliverer, target)
    if ('problem' in result) {
      if (wantsPage(req.headers.accept)) return showClock(res, result.problem, 422)
      return void res.status(422).json({ error: result.problem })
    }
    if (wantsPage(req.headers.accept)) return res.redirect(303, '/clock')
    res.json({ now: iso(result.now), delivered: result.delivered })
  })
  return router

  async function showClock(res: Response, problem: string | null, status = 200): Promise<void> {
    const { now, offsetMs } = await clock.read()
    const ahead = Math.round(offsetMs / 86_400_000)
    const time = formatMoment(new Date(now * 1000))
    await render(
      res,
      'clock',
      { title: 'Clock', part: 'clock', time, ahead, problem, date: iso(now).slice(0, 10) },
      status,
    )
  }
}

/** The moment (seconds) that `days` or `until` means, or what is wrong with them. */
function targetOf(body: Record<string, unknown>, now: number): number | string {
  const { days, until } = body
  if ((days ?? '') !== '' && (until ?? '') !== '') return 'Give either days or until, not both.'
  if ((days ?? '') !== '') {
    const number = typeof days === 'string' || typeof days === 'number' ? Number(days) : Number.NaN
    if (!(number > 0)) return 'days must be a number greater than 0.'
    return within(now + Math.round(number * 86_400), now)
  }
  const time = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (Number.isNaN(time)) return 'Say how far: days (a number) or until (a date such as 2027-01-31).'
  const target = Math.floor(time / 1000)
  if (target <= now)
    return `until must lie in the future: it is ${iso(now)} now, and the clock cannot go back.`
  return within(target, now)
}

function within(target: number, now: number): number | string {
  return target - now > longest ? 'That is more than twenty years at once.' : target
}

/** Server-sent events: the present state with the listener's name, then every change. */
async function stream(clock: Clock, req: Request, res: Response): Promise<void> {
  res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  res.flushHeaders()
  const end = await clock.listen({
    name: `${req.headers['user-agent'] ?? 'a process'} at ${req.socket.remoteAddress}:${req.socket.remotePort}`,
    send: (state) => void res.write(`data: ${JSON.stringify(state)}\n\n`),
    drop: () => res.destroy(),
  })
  const pulse = setInterval(() => res.write(': still here\n\n'), 15_000)
  const ended = () => {
    clearInterval(pulse)
    void end().catch(() => {})
  }
  if (res.closed) ended()
  else res.on('close', ended)
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
