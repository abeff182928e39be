import { type Response, Router, urlencoded } from 'express'
import { type House, inWork, workOn } from '../house.ts'
import type { Work } from '../objects/work.ts'
import type { Render } from '../pages/render.ts'
import { formValues } from '../pay/read-form.ts'
import { answerDebit, decideDispute, disputeCharge, failNextRenewal } from './acts.ts'
import { eventPage, sendAgain } from './event-page.ts'
import { objectPage, objectsPage } from './objects-page.ts'
import { overview } from './overview.ts'

/** The pages for people: what the sandbox holds, its events and their deliveries, and buttons that make things happen. */
export function peopleRoutes(house: House, render: Render): Router {
  const router = Router()
  const form = urlencoded({ extended: false, limit: '8kb' })
  const reading = () => workOn(house, house.db)

  router.get('/', async (_req, res) => {
    await render(res, 'home', { title: 'Overview', part: 'home', ...(await overview(await reading())) })
  })
  router.get('/objects/:kind', async (req, res) => {
    const page = await objectsPage(await reading(), req.params.kind)
    await render(res, 'objects', { title: page.kind, part: 'home', ...page })
  })
  router.get('/objects/:kind/:id', async (req, res) => {
    await show(res, 'object', await objectPage(await reading(), req.params.id))
  })
  router.get('/events/:id', async (req, res) => {
    await show(res, 'event', await eventPage(await reading(), req.params.id))
  })
  router.post('/events/:id/deliveries', form, async (req, res) => {
    await act(res, `/events/${req.params.id}`, (work) => sendAgain(work, req.params.id))
  })
  router.post('/subscriptions/:id/next-renewal', form, async (req, res) => {
    const fails = formValues(req.body).fails !== 'no'
    await act(res, '/', (work) => failNextRenewal(work, req.params.id, fails))
  })
  router.post('/charges/:id/dispute', form, async (req, res) => {
    await act(res, '/', (work) => disputeCharge(work, req.params.id))
  })
  router.post('/charges/:id/answer', form, async (req, res) => {
    const pays = formValues(req.body).pays === 'yes'
    await act(res, '/', (work) => answerDebit(work, req.params.id, pays))
  })
  router.post('/disputes/:id/verdict', form, async (req, res) => {
    const verdict = formValues(req.body).verdict === 'won' ? 'won' : 'lost'
    await act(res, '/', (work) => decideDispute(work, req.params.id, verdict))
  })
  return router

  async function show(res: Response, view: string, page: { id: string } | null): Promise<void> {
    if (page) return render(res, view, { title: page.id, part: 'home', ...page })
    await nothing(res, 404, 'There is nothing with this id.')
  }

  async function act(res: Response, to: string, body: (work: Work) => Promise<boolean>): Promise<void> {
    if (await inWork(house, body)) return res.redirect(303, to)
    await nothing(res, 409, 'This cannot be done: there is no such thing, or it is past that.')
  }

  function nothing(res: Response, status: number, text: string): Promise<void> {
    return render(res, 'message', { title: 'Not possible', part: 'home', text, back: '/' }, status)
  }
}
