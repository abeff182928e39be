import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

/**
 * What a session asks the card for: its total, less the customer's credit where its first invoice will use that
 * (https://docs.stripe.com/billing/customer/balance, read 2026-11-22), or more by what the customer owes.
 */
export async function amountDue(work: Work, session: Shapes['checkout.session']): Promise<number> {
  const total = session.amount_total ?? 0
  if (session.mode !== 'subscription' || !session.customer || total === 0) return total
  const customer = await work.take('customer', session.customer)
  return Math.max(total + (customer && !customer.deleted ? customer.data.balance : 0), 0)
}
