import { inTransaction } from '../db/database.ts'
import { writeHistory } from '../orders/history.ts'
import { nextState } from '../orders/order.ts'
import { lockOrder, updateOrder } from '../orders/store.ts'
import type { CheckoutDeps } from './deps.ts'
import { readSession } from './read-session.ts'

/**
 * A slow payment method failed after its session was complete: the order fails, and its cart is as it was, so that the
 * reader can try again. Does nothing where Stripe says by now that it is paid. Returns whether the session is ours.
 */
export async function recordFailedPayment(deps: CheckoutDeps, sessionId: string): Promise<boolean> {
  const session = await readSession(deps.stripe, sessionId)
  const { orderId } = session
  if (session.installationId !== deps.installation.id || !orderId) return false
  if (session.payment !== 'waiting') return true
  await inTransaction(deps.db, async (tx) => {
    const order = await lockOrder(tx, orderId)
    const next = order ? nextState(order.state, 'payment_failed') : null
    if (!next) return
    await updateOrder(tx, orderId, { state: next })
    await writeHistory(tx, orderId, { at: deps.clock(), text: 'The payment failed', by: 'stripe' })
  })
  return true
}
