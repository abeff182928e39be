import type { Transaction } from '../db/database.ts'
import { currencyCode, negate, subtract } from '../money/money.ts'
import type { Movement } from './movement.ts'
import type { Entry, LedgerAccount } from './posting.ts'
import { post } from './store.ts'

export interface MovementCause {
  orderId: string
  paymentIntentId: string
  /** arrival: of a charge or a refund, which was on its way · dispute: of a dispute, which is its own cause. */
  kind: 'arrival' | 'dispute'
}

/** Posts balance transactions, once each: what they did to Stripe's balance, and the fee that Stripe kept. */
export async function postMovements(
  tx: Transaction,
  cause: MovementCause,
  movements: Movement[],
  now: Date,
): Promise<void> {
  const from = cause.kind === 'arrival' ? 'stripe_pending' : 'disputes'
  for (const movement of movements) {
    const { stripeId, at } = movement
    await post(tx, { ...cause, stripeId, at, entries: entriesOf(from, movement), terms: [] }, now)
  }
}

/** Where the account settles in another currency, the two meet in `exchange`, and each adds up to zero by itself. */
function entriesOf(from: LedgerAccount, { moved, amount, fee }: Movement): Entry[] {
  const exchanged: Entry[] =
    currencyCode(moved) === currencyCode(amount)
      ? [{ account: from, amount: negate(amount) }]
      : [
          { account: from, amount: negate(moved) },
          { account: 'exchange', amount: moved },
          { account: 'exchange', amount: negate(amount) },
        ]
  return [
    ...exchanged,
    { account: 'stripe_balance', amount: subtract(amount, fee) },
    { account: 'fees', amount: fee },
  ]
}
