import { Router, urlencoded } from 'express'
import { recoverSession } from '../checkout/recover-session.ts'
import { type House, inWork, workOn } from '../house.ts'
import type { Stored, Work } from '../objects/work.ts'
import type { Render } from '../pages/render.ts'
import { answerBank } from './answer-bank.ts'
import { afterBank, afterTheEnd, isOpen, type Next, pay, promote, show } from './pay-steps.ts'
import { formValues } from './read-form.ts'
import { sendNext } from './send-next.ts'

const form = urlencoded({ extended: false, limit: '32kb' })
const bankTitle = 'Your bank asks'

/** The payment page that a session's `url` leads to, and the bank's page for 3-D Secure. */
export function payRoutes(house: House, render: Render): Router {
  const router = Router()

  router.get('/pay/:id', async (req, res) => {
    const work = await workOn(house, house.db)
    await sendNext(res, render, await show(work, await work.find('checkout.session', req.params.id)))
  })
  router.post('/pay/:id', form, async (req, res) => {
    const values = formValues(req.body)
    await sendNext(
      res,
      render,
      await inSession(house, req.params.id, (work, stored) => pay(work, stored, values)),
    )
  })
  router.post('/pay/:id/promotion', form, async (req, res) => {
    const values = formValues(req.body)
    await sendNext(
      res,
      render,
      await inSession(house, req.params.id, (work, stored) => promote(work, stored, values)),
    )
  })
  router.get('/pay/:id/bank', async (req, res) => {
    const work = await workOn(house, house.db)
    const stored = await work.find('checkout.session', req.params.id)
    const waits = stored?.hidden.awaiting && stored.data.status === 'open'
    if (!waits) return sendNext(res, render, await show(work, stored))
    await render(res, 'bank', { title: bankTitle, part: null, action: `/pay/${stored.data.id}/bank` })
  })
  router.post('/pay/:id/bank', form, async (req, res) => {
    const yes = formValues(req.body).answer === 'complete'
    await sendNext(
      res,
      render,
      await inSession(house, req.params.id, (work, stored) => afterBank(work, stored, yes)),
    )
  })
  return router
}

/** The bank's page of an intent made over the API, and the address by which an expired session is taken up again. */
export function bankRoutes(house: House, render: Render): Router {
  const router = Router()

  router.get('/recover/:token', async (req, res) => {
    const session = await inWork(house, (work) => recoverSession(work, req.params.token))
    await sendNext(res, render, session?.url ? { to: session.url } : null)
  })
  router.get('/authenticate/:id', async (req, res) => {
    await render(res, 'bank', { title: bankTitle, part: null, action: `/authenticate/${req.params.id}` })
  })
  router.post('/authenticate/:id', form, async (req, res) => {
    const yes = formValues(req.body).answer === 'complete'
    const back = await inWork(house, (work) => answerBank(work, req.params.id, yes))
    if (back) return res.redirect(303, back)
    await render(res, 'message', {
      title: 'Answered',
      part: null,
      text: 'The bank has your answer.',
      back: null,
    })
  })
  return router
}

/** Does a step on a session that no other step is working on; the answer is sent once it is committed. */
function inSession(
  house: House,
  id: string,
  step: (work: Work, stored: Stored<'checkout.session'>) => Promise<Next>,
): Promise<Next> {
  return inWork(house, async (work) => {
    const stored = await work.take('checkout.session', id)
    if (!stored) return null
    return isOpen(work, stored) ? step(work, stored) : afterTheEnd(stored.data)
  })
}
