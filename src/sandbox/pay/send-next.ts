import type { Response } from 'express'
import type { Render } from '../pages/render.ts'
import { type Next, type Session, successUrl } from './pay-steps.ts'

/** Sends what a step on the payment page came to. */
export async function sendNext(res: Response, render: Render, next: Next): Promise<void> {
  if (next === null) {
    const text = 'There is no such payment page in this sandbox.'
    return render(res, 'message', { title: 'Nothing here', part: null, text, back: null }, 404)
  }
  if ('to' in next) return res.redirect(303, next.to)
  if ('orphaned' in next) return sendOrphaned(res, render, next.orphaned)
  if ('closed' in next) return sendClosed(res, render, next.closed)
  return render(res, 'pay', { title: 'Pay', part: null, ...next.page }, next.status)
}

async function sendClosed(res: Response, render: Render, session: Session): Promise<void> {
  if (session.status === 'complete') {
    const text = 'This order has been paid. Nothing more will be charged.'
    return render(res, 'message', { title: 'Already paid', part: null, text, back: successUrl(session) })
  }
  const text = 'This payment page has expired. Nothing was charged.'
  return render(res, 'message', { title: 'Expired', part: null, text, back: session.cancel_url }, 410)
}

function sendOrphaned(res: Response, render: Render, { cancel_url: back }: Session): Promise<void> {
  const text = 'The customer of this payment page was deleted. Nothing was charged.'
  return render(res, 'message', { title: 'Something went wrong', part: null, text, back }, 410)
}
