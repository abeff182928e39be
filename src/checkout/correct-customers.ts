import { findEmail } from '../readers/store.ts'
import { isMissing } from '../stripe/client.ts'
import { listCustomersOf } from './customers.ts'
import type { CheckoutDeps } from './deps.ts'

/**
 * Gives a reader's customers at Stripe the address that the reader has now: its receipts and its dashboard go by that.
 * Run as a job after a correction: any number of times, also at once.
 */
export async function correctCustomers(deps: CheckoutDeps, readerId: string): Promise<void> {
  const email = await findEmail(deps.db, readerId)
  if (!email) return
  for (const customer of await listCustomersOf(deps.db, readerId)) await setEmail(deps, customer, email)
  // Corrected once more meanwhile: that job may have been faster than this one.
  if ((await findEmail(deps.db, readerId)) !== email) await correctCustomers(deps, readerId)
}

/** One that was deleted needs no address: the next checkout makes another, with the new one. */
async function setEmail({ stripe }: CheckoutDeps, customer: string, email: string): Promise<void> {
  try {
    await stripe.customers.update(customer, { email })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
