import { type Response, Router, urlencoded } from 'express'
import { changeSubscription } from '../billing/change-subscription.ts'
import { nothingChanged } from '../billing/nothing-changed.ts'
import { type House, inWork, workOn } from '../house.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { Render } from '../pages/render.ts'
import { type FormValues, formValues, readCardForm } from '../pay/read-form.ts'
import { type Attempt, portalPage } from './portal-page.ts'
import { replaceCard } from './replace-card.ts'

type PortalSession = Shapes['billing_portal.session']
type Next = { to: string } | { page: object; status: number } | null

const nothingTried: Attempt = { values: {}, problems: {}, message: null }
/** A portal's address is good for so long, in seconds. */
const lasts = 86_400

/** The page on which a customer ends a subscription, takes that back, or pays with another card. */
export function portalRoutes(house: House, render: Render): Router {
  const router = Router()
  const form = urlencoded({ extended: false, limit: '32kb' })

  router.get('/portal/:id', async (req, res) => {
    const work = await workOn(house, house.db)
    const session = await openSession(work, req.params.id)
    await answer(res, session && { page: await portalPage(work, session, nothingTried), status: 200 })
  })
  router.post('/portal/:id/subscriptions/:subscription/cancellation', form, async (req, res) => {
    const ends = formValues(req.body).ends !== 'no'
    await answer(
      res,
      await inPortal(req.params.id, (work, session) => decide(work, session, req.params.subscription, ends)),
    )
  })
  router.post('/portal/:id/card', form, async (req, res) => {
    const values = formValues(req.body)
    await answer(res, await inPortal(req.params.id, (work, session) => takeCard(work, session, values)))
  })
  return router

  function inPortal(id: string, body: (work: Work, session: PortalSession) => Promise<Next>): Promise<Next> {
    return inWork(house, async (work) => {
      const session = await openSession(work, id)
      if (!session) return null
      await work.take('customer', session.customer)
      return body(work, session)
    })
  }

  async function answer(res: Response, next: Next): Promise<void> {
    if (next === null) {
      const text = 'This portal has been closed, or never was. Go back to the shop and open it again.'
      return render(res, 'message', { title: 'Nothing here', part: null, text, back: null }, 404)
    }
    if ('to' in next) return res.redirect(303, next.to)
    return render(res, 'portal', { title: 'Your subscription', part: null, ...next.page }, next.status)
  }
}

async function openSession(work: Work, id: string): Promise<PortalSession | null> {
  const stored = await work.find('billing_portal.session', id)
  return stored && stored.data.created + lasts > work.now ? stored.data : null
}

async function decide(work: Work, session: PortalSession, id: string, ends: boolean): Promise<Next> {
  const stored = await work.find('subscription', id)
  if (stored?.data.customer !== session.customer) return null
  if (stored.data.status === 'canceled') return { to: `/portal/${session.id}` }
  await changeSubscription(work, id, { ...nothingChanged, cancel_at_period_end: ends })
  return { to: afterwards(session) }
}

function afterwards(session: PortalSession): string {
  const completion = session.flow?.after_completion
  return completion?.type === 'redirect' && completion.redirect
    ? completion.redirect.return_url
    : `/portal/${session.id}`
}

async function takeCard(work: Work, session: PortalSession, values: FormValues): Promise<Next> {
  const { name } = values
  const form = readCardForm(values, work.now)
  if ('problems' in form)
    return again(work, session, { values: { name: name ?? '' }, problems: form.problems, message: null }, 422)
  const email = (await work.find('customer', session.customer))?.data.email ?? null
  const details = { ...form.card, name: name || null, email }
  const replaced = await replaceCard(work, session.customer, details, session.url)
  if ('refused' in replaced) {
    return again(
      work,
      session,
      { values: { name: name ?? '' }, problems: {}, message: replaced.refused },
      402,
    )
  }
  return { to: 'bank' in replaced ? replaced.bank : afterwards(session) }
}

async function again(work: Work, session: PortalSession, attempt: Attempt, status: number): Promise<Next> {
  return { page: await portalPage(work, session, attempt), status }
}
