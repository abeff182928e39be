import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'

/** Keys under which Stripe keeps a fault of its own for a day; so many are passed by at one try. */
export const mostSpent = 3

/**
 * Calls with `key`, and once more with another where Stripe has kept a fault of its own under it: a 500 is kept for a day
 * like any result, and whoever asks again with its key only hears it again
 * (https://docs.stripe.com/api/idempotent_requests, read 2026-11-22). What failed may have been done all the same, and the
 * other key is met by no later call: only for what is harmless when it is done twice, or refused. Throws what `call` throws.
 */
export async function withLiveKey<T>(key: string, call: (idempotencyKey: string) => Promise<T>): Promise<T> {
  try {
    return await call(key)
  } catch (error) {
    if (!isSpent(error)) throw error
    return call(`${key}:${randomUUID()}`)
  }
}

/** Whether the answer is a fault that Stripe had kept under the key. */
export function isSpent(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeAPIError)) return false
  return (error.statusCode ?? 0) >= 500 && isReplay(error)
}

/** Whether Stripe did not look again, and only said which refusal it had kept under the key. */
export function isKeptRefusal(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && isReplay(error)
}

function isReplay({ headers }: Stripe.errors.StripeError): boolean {
  return headers?.['idempotent-replayed'] === 'true'
}
