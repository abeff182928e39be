import type Stripe from 'stripe'
import type { Money } from '../money/money.ts'
import { fromStripeAmount } from '../stripe/amounts.ts'
import { dateOf } from '../stripe/client.ts'

/** What one balance transaction did to Stripe's balance. */
export interface Movement {
  stripeId: string
  /** In the order's currency; negative where money left. */
  moved: Money
  /** The same in the currency that Stripe's account settles in, before the fee. */
  amount: Money
  /** What Stripe kept of it; negative: what it gave back. */
  fee: Money
  at: Date
}

/**
 * A balance transaction that was read with the object it is about; `moved` is that object's amount. null: Stripe has not
 * made it yet, or did not send it along: a charge may lack it until `charge.updated`
 * (https://docs.stripe.com/payments/payment-intents/asynchronous-capture, read 2026-11-22).
 */
export function movementOf(
  transaction: string | Stripe.BalanceTransaction | null | undefined,
  moved: Money,
): Movement | null {
  if (!transaction || typeof transaction === 'string') return null
  const amount = fromStripeAmount(transaction.amount, transaction.currency)
  return {
    stripeId: transaction.id,
    moved,
    amount,
    fee: fromStripeAmount(transaction.fee, transaction.currency),
    at: dateOf(transaction.created),
  }
}

export function movementsOfCharge(charge: Stripe.Charge): Movement[] {
  const paid = fromStripeAmount(charge.amount, charge.currency)
  const failed = fromStripeAmount(-charge.amount, charge.currency)
  return present([
    movementOf(charge.balance_transaction, paid),
    movementOf(charge.failure_balance_transaction, failed),
  ])
}

export function movementsOfRefund(refund: Stripe.Refund): Movement[] {
  const returned = fromStripeAmount(-refund.amount, refund.currency)
  const undone = fromStripeAmount(refund.amount, refund.currency)
  return present([
    movementOf(refund.balance_transaction, returned),
    movementOf(refund.failure_balance_transaction, undone),
  ])
}

/** A dispute takes its amount and, when it is won, brings it back; some of its transactions are a fee alone. */
export function movementsOfDispute(dispute: Stripe.Dispute): Movement[] {
  return present(
    dispute.balance_transactions.map((transaction) => {
      const sign = Math.sign(transaction.amount)
      const moved =
        transaction.currency === dispute.currency
          ? fromStripeAmount(transaction.amount, transaction.currency)
          : fromStripeAmount(sign * dispute.amount, dispute.currency)
      return movementOf(transaction, moved)
    }),
  )
}

function present(movements: (Movement | null)[]): Movement[] {
  return movements.filter((movement) => movement !== null)
}
