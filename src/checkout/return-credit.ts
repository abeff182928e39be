import type Stripe from 'stripe'
import type { Transaction } from '../db/database.ts'
import { postReturnedCredit } from '../ledger/post-refund.ts'
import { compare, type Money, subtract, sum } from '../money/money.ts'
import type { Order } from '../orders/order.ts'
import { fromStripeAmount, toStripeAmount } from '../stripe/amounts.ts'
import { dateOf, isMissing } from '../stripe/client.ts'
import { isSpent, mostSpent } from '../stripe/spent-key.ts'
import type { CheckoutDeps } from './deps.ts'

/** Credit that was given back to an order's customer at Stripe: one customer balance transaction. */
export interface ReturnedCredit {
  stripeId: string
  /** More than nothing. */
  amount: Money
  at: Date
}

/**
 * Gives back to the reader's credit at Stripe what of `owed` was not yet, and returns all that was. Any number of times:
 * Stripe forgets idempotency keys after a day, but not what a balance went through. Less than `owed` comes back where Stripe
 * has no such customer any more. Throws while Stripe does not answer. `spent`: how many keys are, as in `undoDuplicate`.
 */
export async function returnCredit(
  deps: CheckoutDeps,
  order: Order,
  owed: Money,
  spent = 0,
): Promise<ReturnedCredit[]> {
  const returned = await listReturned(deps, order)
  const back = amountOf(returned, order)
  if (compare(back, owed) >= 0) return returned
  const key = `${deps.installation.id}:${order.id}:return-credit:${returned.length}`
  try {
    await give(deps, order, subtract(owed, back), spent > 0 ? `${key}:${spent}` : key)
  } catch (error) {
    if (isMissing(error)) return returned
    if (!isSpent(error) || spent === mostSpent) throw error
    return returnCredit(deps, order, owed, spent + 1)
  }
  return listReturned(deps, order)
}

/** What Stripe has given back to an order's customer because we asked for it; none where it has no such customer. */
export async function listReturned(
  { stripe, installation }: Pick<CheckoutDeps, 'stripe' | 'installation'>,
  order: Order,
): Promise<ReturnedCredit[]> {
  if (!order.stripeCustomerId) return []
  const returned: Stripe.CustomerBalanceTransaction[] = []
  try {
    for await (const one of stripe.customers.listBalanceTransactions(order.stripeCustomerId, { limit: 100 }))
      if (one.metadata?.order === order.id && one.metadata.installation === installation.id)
        returned.push(one)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return returned.map(({ id, amount, currency, created }) => ({
    stripeId: id,
    amount: fromStripeAmount(-amount, currency),
    at: dateOf(created),
  }))
}

export function amountOf(returned: readonly ReturnedCredit[], order: Order): Money {
  return sum(
    returned.map(({ amount }) => amount),
    order.currency,
  )
}

/** Into the ledger, once each; on a locked order. */
export async function enterReturned(
  tx: Transaction,
  order: Order,
  returned: readonly ReturnedCredit[],
  now: Date,
): Promise<void> {
  for (const one of returned) await postReturnedCredit(tx, { orderId: order.id, ...one }, now)
}

async function give({ stripe, installation }: CheckoutDeps, order: Order, due: Money, key: string) {
  const { id, number, currency, stripeCustomerId } = order
  if (!stripeCustomerId) return
  const change = {
    amount: -toStripeAmount(due),
    currency: currency.toLowerCase(),
    description: `Order ${number} was undone: it sold what the reader had already`,
    metadata: { installation: installation.id, order: id },
  }
  await stripe.customers.createBalanceTransaction(stripeCustomerId, change, { idempotencyKey: key })
}
