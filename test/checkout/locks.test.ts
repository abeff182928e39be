import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putLine, removeBought, touchCart } from '../../src/cart/store.ts'
import { inTransaction, type Transaction } from '../../src/db/database.ts'
import { moved, withHold } from '../../src/entitlements/entitlement.ts'
import { listEntitlementsOfOrder, updateEntitlement } from '../../src/entitlements/store.ts'
import { writeHistory } from '../../src/orders/history.ts'
import { lockOrder } from '../../src/orders/store.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, subscribe } from '../support/personas.ts'

const { db, clock, visitor } = await openNewsstand()

/** Long enough for a statement to come to its lock; much shorter than PostgreSQL's search for deadlocks. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 100))

/** Runs `first` until it has done its first half, then `second`, then the rest of `first`. */
async function interleave(
  first: [half: (tx: Transaction) => Promise<unknown>, rest: (tx: Transaction) => Promise<unknown>],
  second: (tx: Transaction) => Promise<unknown>,
): Promise<void> {
  let other: Promise<unknown> = Promise.resolve()
  const whole = inTransaction(db, async (tx) => {
    await first[0](tx)
    other = inTransaction(db, second)
    await aMoment()
    await first[1](tx)
  })
  const ends = await Promise.allSettled([whole.then(() => other), whole])
  assert.deepEqual(
    ends.map((end) => end.status),
    ['fulfilled', 'fulfilled'],
  )
}

describe('two that happen at the same moment wait for each other in one order only', () => {
  it('a change of the cart and the payment that empties it', async () => {
    await choose(visitor(), 'digital-monthly')
    const line = await db.selectFrom('cart_lines').selectAll().executeTakeFirstOrThrow()
    const { cart_id: cartId, plan_id: planId, price_id: priceId } = line
    await interleave(
      [
        (tx) => touchCart(tx, cartId, clock()),
        (tx) => putLine(tx, cartId, { planId, priceId, quantity: 1 }, clock()),
      ],
      (tx) => removeBought(tx, cartId, [planId], clock()),
    )
  })

  it('news of a subscription and of a refund of its order', async () => {
    await subscribe(visitor(), 'locks@example.com')
    const { order_id: orderId } = await db.selectFrom('subscriptions').selectAll().executeTakeFirstOrThrow()
    const [entitlement] = await listEntitlementsOfOrder(db, orderId)
    assert.ok(entitlement)
    const span = { endsAt: clock(), runsOnUntil: null }
    await interleave(
      [
        (tx) => updateEntitlement(tx, moved(entitlement, span, ['daily'])),
        (tx) => writeHistory(tx, orderId, { at: clock(), text: 'Subscription: Ended', by: 'stripe' }),
      ],
      async (tx) => {
        await lockOrder(tx, orderId)
        await updateEntitlement(tx, withHold(entitlement, 'refund'))
      },
    )
  })
})
