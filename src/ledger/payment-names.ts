import type { Transaction } from '../db/database.ts'
import { listPosted } from './store.ts'

/** Under which name a payment's posting stands, or the first that is free; by the payment's source at Stripe. */
export interface PaymentNames {
  standing: Map<string, string>
  free: Map<string, string>
}

/**
 * A payment is posted under its source's id: in_1. One that was undone and turns out to have been paid after all is posted
 * again as in_1:2, and so on, since what is posted never changes.
 */
export async function findPaymentNames(tx: Transaction, stripeSourceIds: string[]): Promise<PaymentNames> {
  const names: PaymentNames = { standing: new Map(), free: new Map() }
  let open = new Map(stripeSourceIds.map((id) => [id, id]))
  for (let time = 2; open.size > 0; time++) {
    const posted = await listPosted(tx, 'payment', [...open.values()])
    const undone = await listPosted(tx, 'payment_undone', [...posted])
    const rest = new Map<string, string>()
    for (const [id, name] of open) {
      if (!posted.has(name)) names.free.set(id, name)
      else if (!undone.has(name)) names.standing.set(id, name)
      else rest.set(id, `${id}:${time}`)
    }
    open = rest
  }
  return names
}
