import Stripe from 'stripe'
import { z } from 'zod'
import type { EventFacts } from './events/effect.ts'
import type { NewEvent } from './inbox.ts'

/** Stripe's own libraries accept a signature for five minutes (https://docs.stripe.com/webhooks, read 2026-11-22). */
const toleranceSeconds = 300

const shape = z.object({
  object: z.literal('event'),
  id: z.string().regex(/^evt_[A-Za-z0-9_]{1,250}$/),
  type: z.string().min(1).max(200),
  created: z.number().int().positive(),
  livemode: z.boolean(),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
})

/**
 * A webhook's event, if `signature` shows that Stripe sent these very bytes within the last five minutes; else null.
 * Only the envelope is read: the object inside may be of another API version.
 */
export function readEvent(stripe: Stripe, body: Buffer, signature: string, secret: string): NewEvent | null {
  const { signature: verifier } = stripe.webhooks
  if (!verifier) throw new Error('this Stripe client cannot verify signatures')
  try {
    verifier.verifyHeader(body, signature, secret, toleranceSeconds)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return null
    throw error
  }
  return toNewEvent(body.toString('utf8'))
}

/** From an event's JSON text, wherever it came from; null: it is not one. */
export function toNewEvent(payload: string): NewEvent | null {
  const parsed = shape.safeParse(parseJson(payload))
  if (!parsed.success) return null
  const { id, type, created, livemode } = parsed.data
  return { id, type, createdAt: new Date(created * 1000), livemode, payload }
}

/** null, which is no event, for text that is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The ids that handlers may take from a kept event; null: its object has none. */
export function readFacts(event: {
  id: string
  type: string
  createdAt: Date
  payload: unknown
}): EventFacts | null {
  const parsed = shape.safeParse(event.payload)
  const object = parsed.success ? parsed.data.data.object : {}
  if (typeof object.id !== 'string') return null
  const ids = Object.entries(object).flatMap(([field, value]) => {
    const id = typeof value === 'string' ? value : idIn(value)
    return id ? [[field, id] as const] : []
  })
  const subscription = subscriptionOf(object)
  const refersTo = { ...Object.fromEntries(ids), ...(subscription ? { subscription } : {}) }
  return { id: event.id, type: event.type, createdAt: event.createdAt, objectId: object.id, refersTo }
}

/** An invoice's subscription: under `parent` since API version 2025-03-31, at the top before. */
function subscriptionOf(object: Record<string, unknown>): string | null {
  const details = fieldOf(fieldOf(object, 'parent'), 'subscription_details')
  const value = fieldOf(details, 'subscription') ?? object.subscription
  return typeof value === 'string' ? value : idIn(value)
}

function idIn(value: unknown): string | null {
  const id = fieldOf(value, 'id')
  return typeof id === 'string' ? id : null
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
}
