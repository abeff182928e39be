import { setTimeout as pause } from 'node:timers/promises'
import Stripe from 'stripe'

const firstWaitMs = 500
const mostWaits = 8

/** Asks Stripe, and waits ever longer where it says that it is asked too often. Throws what else `call` throws. */
export async function gently<T>(call: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits++) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeRateLimitError) || waits === mostWaits) throw error
      await pause(firstWaitMs * 2 ** waits)
    }
  }
}
