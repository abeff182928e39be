import express, { type Request, type Response, Router } from 'express'
import type { CheckoutDeps } from '../checkout/deps.ts'
import { realClock } from '../clock.ts'
import type { Applier } from './apply-soon.ts'
import { keepEvent } from './inbox.ts'
import { readEvent } from './read-event.ts'

export interface WebhookRoutesDeps extends CheckoutDeps {
  webhookSecret: string
  applier: Applier
}

/** Stripe's events are a few kilobytes; the largest invoices some hundred. */
const largestBody = '1mb'

/** Mounted before anything that parses bodies: the signature is over the raw bytes. */
export function webhookRoutes(deps: WebhookRoutesDeps): Router {
  const router = Router()
  router.post('/webhooks/stripe', express.raw({ type: () => true, limit: largestBody }), (req, res) =>
    receive(deps, req, res),
  )
  return router
}

/** 200 as soon as the event is safely kept, and not before; applying it follows. */
async function receive(deps: WebhookRoutesDeps, req: Request, res: Response): Promise<void> {
  const signature = req.get('stripe-signature')
  const body: unknown = req.body
  if (!signature || !Buffer.isBuffer(body))
    return refuse(res, 'This address takes signed events from Stripe.')
  const event = readEvent(deps.stripe, body, signature, deps.webhookSecret)
  if (!event) {
    deps.log.warn(
      { from: 'webhooks' },
      'refused an event: is STRIPE_WEBHOOK_SECRET the secret of this endpoint?',
    )
    return refuse(res, 'The signature does not match these bytes and this time, or they are no event.')
  }
  const isNew = await keepEvent(deps.db, event, deps.clock(), realClock())
  res.json({ received: true })
  if (isNew) deps.applier.soon(event.id)
}

function refuse(res: Response, text: string): void {
  res.status(400).json({ error: text })
}
