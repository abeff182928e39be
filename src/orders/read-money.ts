import type Stripe from 'stripe'
import { type Movement, movementsOfCharge, movementsOfDispute } from '../ledger/movement.ts'
import { type ReadRefund, readRefunds } from './refunds.ts'

/** All that one payment intent did to Stripe's balance, the oldest first. */
export interface MoneyOfIntent {
  paymentIntentId: string
  charges: Movement[]
  refunds: ReadRefund[]
  disputes: Movement[]
}

/** Throws what Stripe's client throws. */
export async function readMoney(stripe: Stripe, paymentIntentId: string): Promise<MoneyOfIntent> {
  const { data: disputes } = await stripe.disputes.list({ payment_intent: paymentIntentId, limit: 100 })
  return {
    paymentIntentId,
    charges: await readCharges(stripe, paymentIntentId),
    refunds: await readRefunds(stripe, paymentIntentId),
    disputes: disputes.toReversed().flatMap(movementsOfDispute),
  }
}

/** What a payment intent's charges did to Stripe's balance, those that failed later included. */
export async function readCharges(stripe: Stripe, paymentIntentId: string): Promise<Movement[]> {
  const { data } = await stripe.charges.list({
    payment_intent: paymentIntentId,
    limit: 100,
    expand: ['data.balance_transaction', 'data.failure_balance_transaction'],
  })
  return data.toReversed().flatMap(movementsOfCharge)
}
