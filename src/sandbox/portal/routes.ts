import { type Response, Router, urlencoded } from 'express'
import { cancelSubscription } from '../billing/cancel-subscription.ts'
import { changeSubscription } from '../billing/change-subscription.ts'
import { nothingChanged } from '../billing/nothing-changed.ts'
import { pauseSubscription, resumeSubscription } from '../billing/pause-subscription.ts'
import { type House, inWork, workOn } from '../house.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { Render } from '../pages/render.ts'
import { type FormValues, formValues, readCardForm } from '../pay/read-form.ts'
import { ApiError } from '../wire/api-error.ts'
import { type Attempt, choicesOf, configurationOf, portalPage } from './portal-page.ts'
import { replaceCard } from './replace-card.ts'

type PortalSession = Shapes['billing_portal.session']
type Next = { to: string } | { page: object; status: number } | null

const nothingTried: Attempt = { values: {}, problems: {}, message: null }
/** A portal's address is good for so long, in seconds. */
const lasts = 86_400

/** The page on which a customer ends a subscription, changes it, or pays with another card: what its configuration offers. */
export function portalRoutes(house: House, render: Render): Router {
  const router = Router()
  const form = urlencoded({ extended: false, limit: '32kb' })

  router.get('/portal/:id', async (req, res) => {
    const work = await workOn(house, house.db)
    const session = await openSession(work, req.params.id)
    await answer(res, session && { page: await portalPage(work, session, nothingTried), status: 200 })
  })
  router.post('/portal/:id/subscriptions/:subscription/cancellation', form, async (req, res) => {
    const values = formValues(req.body)
    await answer(
      res,
      await inPortal(req.params.id, (work, session) =>
        decide(work, session, req.params.subscription, values),
      ),
    )
  })
  router.post('/portal/:id/subscriptions/:subscription/plan', form, async (req, res) => {
    const { price = '' } = formValues(req.body)
    const { id, subscription } = req.params
    await answer(res, await inPortal(id, (work, session) => changePlan(work, session, subscription, price)))
  })
  router.post('/portal/:id/subscriptions/:subscription/pause', form, async (req, res) => {
    const pauses = formValues(req.body).pauses !== 'no'
    const { id, subscription } = req.params
    await answer(res, await inPortal(id, (work, session) => pause(work, session, subscription, pauses)))
  })
  router.post('/portal/:id/details', form, async (req, res) => {
    const values = formValues(req.body)
    await answer(res, await inPortal(req.params.id, (work, session) => changeDetails(work, session, values)))
  })
  router.post('/portal/:id/card', form, async (req, res) => {
    const values = formValues(req.body)
    await answer(res, await inPortal(req.params.id, (work, session) => takeCard(work, session, values)))
  })
  return router

  async function inPortal(
    id: string,
    body: (work: Work, session: PortalSession) => Promise<Next>,
  ): Promise<Next> {
    try {
      return await inWork(house, async (work) => {
        const session = await openSession(work, id)
        if (!session) return null
        await work.take('customer', session.customer)
        return body(work, session)
      })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const work = await workOn(house, house.db)
      const session = await openSession(work, id)
      const attempt = { values: {}, problems: {}, message: error.message }
      return session && again(work, session, attempt, error.status)
    }
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

/** The subscription of this portal's customer, while it lives; null: there is none of that id. */
async function ownSubscription(work: Work, session: PortalSession, id: string) {
  const stored = await work.find('subscription', id)
  return stored?.data.customer === session.customer ? stored.data : null
}

async function decide(work: Work, session: PortalSession, id: string, values: FormValues): Promise<Next> {
  const subscription = await ownSubscription(work, session, id)
  const { subscription_cancel: cancel } = (await configurationOf(work, session)).features
  if (!subscription || !cancel.enabled) return null
  if (subscription.status === 'canceled') return { to: `/portal/${session.id}` }
  const feedback = cancel.cancellation_reason.options.find((option) => option === values.feedback)
  if (values.ends === 'no') {
    await changeSubscription(work, id, { ...nothingChanged, cancel_at_period_end: false })
  } else if (cancel.mode === 'immediately') {
    await cancelSubscription(work, id, { reason: 'cancellation_requested', feedback })
  } else {
    const cancellation_details = { comment: undefined, feedback }
    await changeSubscription(work, id, {
      ...nothingChanged,
      cancel_at_period_end: true,
      cancellation_details,
    })
  }
  return { to: afterwards(session) }
}

/** Changes to another price, as the configuration says; a payment that fails changes nothing. */
async function changePlan(work: Work, session: PortalSession, id: string, price: string): Promise<Next> {
  const subscription = await ownSubscription(work, session, id)
  const { features } = await configurationOf(work, session)
  if (!subscription || subscription.status === 'canceled') return null
  const choices = await choicesOf(work, session, features, subscription)
  const [item] = subscription.items.data
  if (!item || !choices.some((choice) => choice.price === price)) return null
  const {
    billing_cycle_anchor: anchor,
    proration_behavior,
    trial_update_behavior,
  } = features.subscription_update
  const endsTrial = subscription.status === 'trialing' && trial_update_behavior === 'end_trial'
  await changeSubscription(work, id, {
    ...nothingChanged,
    billing_cycle_anchor: anchor === 'now' ? { type: 'now' } : undefined,
    items: [{ deleted: undefined, id: item.id, metadata: undefined, price, quantity: undefined }],
    payment_behavior: 'error_if_incomplete',
    proration_behavior,
    trial_end: endsTrial ? 'now' : undefined,
  })
  return { to: afterwards(session) }
}

async function pause(work: Work, session: PortalSession, id: string, pauses: boolean): Promise<Next> {
  const subscription = await ownSubscription(work, session, id)
  const { subscription_pause } = (await configurationOf(work, session)).features
  if (!subscription || !subscription_pause.enabled) return null
  await work.take('subscription', id)
  if (pauses) pauseSubscription(work, id)
  else await resumeSubscription(work, id)
  return { to: afterwards(session) }
}

async function changeDetails(work: Work, session: PortalSession, values: FormValues): Promise<Next> {
  const { customer_update } = (await configurationOf(work, session)).features
  if (!customer_update.enabled) return null
  const allowed = customer_update.allowed_updates.filter((name) => values[`customer_${name}`] !== undefined)
  const changes = Object.fromEntries(allowed.map((name) => [name, values[`customer_${name}`] || null]))
  if (typeof changes.email === 'string' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(changes.email)) {
    const problems = { customer_email: 'Enter your e-mail address, such as alice@example.com.' }
    return again(work, session, { values, problems, message: null }, 422)
  }
  work.change('customer', session.customer, changes, 'customer.updated')
  return { to: afterwards(session) }
}

function afterwards(session: PortalSession): string {
  const completion = session.flow?.after_completion
  return completion?.type === 'redirect' && completion.redirect
    ? completion.redirect.return_url
    : `/portal/${session.id}`
}

async function takeCard(work: Work, session: PortalSession, values: FormValues): Promise<Next> {
  const { payment_method_update } = (await configurationOf(work, session)).features
  if (!payment_method_update.enabled) return null
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
