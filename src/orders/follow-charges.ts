import { inTransaction } from '../db/database.ts'
import { postMovements } from '../ledger/post-movement.ts'
import { findOrderOfIntent } from '../ledger/store.ts'
import { readCharges } from './read-money.ts'
import type { RefundDeps } from './refunds.ts'
import { lockOrder } from './store.ts'

/**
 * Enters what a payment intent's charges did to Stripe's balance into the ledger, with their fees, once each. Where Stripe
 * has not made a charge's balance transaction yet, nothing happens: it tells with `charge.updated`. Returns the order that
 * was paid; null: none that is known here.
 */
export async function followCharges(deps: RefundDeps, paymentIntentId: string): Promise<string | null> {
  const orderId = await findOrderOfIntent(deps.db, paymentIntentId)
  if (!orderId) return null
  const movements = await readCharges(deps.stripe, paymentIntentId)
  if (movements.length === 0) return orderId
  await inTransaction(deps.db, async (tx) => {
    // Whoever enters for an order holds its lock, so that two never wait for each other's postings.
    await lockOrder(tx, orderId)
    await postMovements(tx, { orderId, paymentIntentId, kind: 'arrival' }, movements, deps.clock())
  })
  return orderId
}
