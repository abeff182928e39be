import { type Response, Router, urlencoded } from 'express'
import { continueAfterBank, type PaidSession, paySession } from '../checkout/pay-session.ts'
import { recoverSession } from '../checkout/recover-session.ts'
import { type House, inWork, workOn } from '../house.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import type { Render } from '../pages/render.ts'
import { answerBank } from './answer-bank.ts'
import { enterPromotion } from './enter-promotion.ts'
import { type Attempt, payPage } from './pay-page.ts'
import { demandsOf, type FormValues, formValues, readForm } from './read-form.ts'

type Session = Shapes['checkout.session']
/** What a post came to; the response is sent once it is committed. */
type Next = { to: string } | { page: object; status: number } | { closed: Session } | null

const nothingTried: Attempt = { values: {}, problems: {}, message: null }

/** The payment page that a session's `url` leads to, and the bank's page for 3-D Secure. */
export function payRoutes(house: House, render: Render): Router {
  const router = Router()
  router.use(urlencoded({ extended: false, limit: '32kb' }))

  router.get('/pay/:id', async (req, res) => {
    const work = await workOn(house, house.db)
    await answer(res, await show(work, await work.find('checkout.session', req.params.id)))
  })
  router.post('/pay/:id', async (req, res) => {
    const values = formValues(req.body)
    await answer(res, await inSession(req.params.id, (work, stored) => pay(work, stored, values)))
  })
  router.post('/pay/:id/promotion', async (req, res) => {
    const values = formValues(req.body)
    await answer(res, await inSession(req.params.id, (work, stored) => promote(work, stored, values)))
  })
  router.get('/pay/:id/bank', async (req, res) => {
    const work = await workOn(house, house.db)
    const stored = await work.find('checkout.session', req.params.id)
    if (!stored?.hidden.awaiting || stored.data.status !== 'open')
      return answer(res, await show(work, stored))
    await render(res, 'bank', { title: 'Your bank asks', part: null, action: `/pay/${stored.data.id}/bank` })
  })
  router.post('/pay/:id/bank', async (req, res) => {
    const authenticated = formValues(req.body).answer === 'complete'
    await answer(
      res,
      await inSession(req.params.id, (work, stored) => afterBank(work, stored, authenticated)),
    )
  })
  router.get('/recover/:token', async (req, res) => {
    const session = await inWork(house, (work) => recoverSession(work, req.params.token))
    await answer(res, session?.url ? { to: session.url } : null)
  })
  router.get('/authenticate/:id', async (req, res) => {
    await render(res, 'bank', {
      title: 'Your bank asks',
      part: null,
      action: `/authenticate/${req.params.id}`,
    })
  })
  router.post('/authenticate/:id', async (req, res) => {
    const authenticated = formValues(req.body).answer === 'complete'
    const back = await inWork(house, (work) => answerBank(work, req.params.id, authenticated))
    if (back) return res.redirect(303, back)
    await render(res, 'message', {
      title: 'Answered',
      part: null,
      text: 'The bank has your answer.',
      back: null,
    })
  })
  return router

  async function inSession(
    id: string,
    body: (work: Work, stored: Stored<'checkout.session'>) => Promise<Next>,
  ): Promise<Next> {
    return inWork(house, async (work) => {
      const stored = await work.take('checkout.session', id)
      if (!stored) return null
      return isOpen(work, stored) ? body(work, stored) : afterTheEnd(stored.data)
    })
  }

  async function answer(res: Response, next: Next): Promise<void> {
    if (next === null) {
      const text = 'There is no such payment page in this sandbox.'
      return render(res, 'message', { title: 'Nothing here', part: null, text, back: null }, 404)
    }
    if ('to' in next) return res.redirect(303, next.to)
    if ('closed' in next) return showClosed(res, next.closed)
    return render(res, 'pay', { title: 'Pay', part: null, ...next.page }, next.status)
  }

  async function showClosed(res: Response, session: Session): Promise<void> {
    const complete = session.status === 'complete'
    const text = complete
      ? 'This order has been paid. Nothing more will be charged.'
      : 'This payment page has expired. Nothing was charged.'
    const back = complete ? successUrl(session) : session.cancel_url
    await render(
      res,
      'message',
      { title: complete ? 'Already paid' : 'Expired', part: null, text, back },
      complete ? 200 : 410,
    )
  }
}

async function show(work: Work, stored: Stored<'checkout.session'> | null): Promise<Next> {
  if (!stored) return null
  if (!isOpen(work, stored)) return { closed: stored.data }
  return { page: await payPage(work, stored, nothingTried), status: 200 }
}

/** Time may have passed an open session whose expiry has not been told yet. */
function isOpen(work: Work, { data }: Stored<'checkout.session'>): boolean {
  return data.status === 'open' && data.expires_at > work.now
}

/** Who posts twice has paid once, and belongs where the first post led. */
function afterTheEnd(session: Session): Next {
  return session.status === 'complete' ? { to: successUrl(session) } : { closed: session }
}

function successUrl(session: Session): string {
  return (session.success_url ?? '/').replaceAll('{CHECKOUT_SESSION_ID}', session.id)
}

async function pay(work: Work, stored: Stored<'checkout.session'>, values: FormValues): Promise<Next> {
  if (values.fill) return again(work, stored, { values: filled(values), problems: {}, message: null }, 200)
  const customer = stored.data.customer ? await work.find('customer', stored.data.customer) : null
  const email = customer?.data.email ?? stored.data.customer_email
  const form = readForm(values, demandsOf(stored.data, email, work.now))
  if ('problems' in form)
    return again(work, stored, { values: kept(values), problems: form.problems, message: null }, 422)
  return follow(work, stored, values, await paySession(work, stored, form.buyer))
}

async function follow(
  work: Work,
  stored: Stored<'checkout.session'>,
  values: FormValues,
  paid: PaidSession | null,
): Promise<Next> {
  const { id } = stored.data
  if (!paid) return { to: `/pay/${id}` }
  if (paid.outcome === 'completed') return { to: successUrl(paid.session) }
  if (paid.outcome === 'requires_action') return { to: `/pay/${id}/bank` }
  const present = (await work.find('checkout.session', id)) ?? stored
  return again(work, present, { values: kept(values), problems: {}, message: paid.message }, 402)
}

async function afterBank(
  work: Work,
  stored: Stored<'checkout.session'>,
  authenticated: boolean,
): Promise<Next> {
  const details = stored.data.customer_details
  const values = {
    email: details?.email ?? '',
    name: details?.name ?? '',
    country: details?.address?.country ?? '',
  }
  return follow(work, stored, values, await continueAfterBank(work, stored, authenticated))
}

async function promote(work: Work, stored: Stored<'checkout.session'>, values: FormValues): Promise<Next> {
  const problem = await enterPromotion(work, stored, values.promotion_code ?? '')
  if (!problem) return { to: `/pay/${stored.data.id}` }
  return again(work, stored, { values: kept(values), problems: {}, message: problem }, 422)
}

async function again(
  work: Work,
  stored: Stored<'checkout.session'>,
  attempt: Attempt,
  status: number,
): Promise<Next> {
  return { page: await payPage(work, stored, attempt), status }
}

/** A form that is shown again does not repeat the card's secrets. */
function kept(values: FormValues): FormValues {
  const { card_number: _, cvc: __, exp: ___, ...rest } = values
  return rest
}

function filled(values: FormValues): FormValues {
  return {
    ...values,
    card_number: values.fill ?? '',
    exp: '12/34',
    cvc: values.fill?.startsWith('3') ? '1234' : '123',
    name: values.name || 'Test Buyer',
  }
}
