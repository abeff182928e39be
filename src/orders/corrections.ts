import type { Transaction } from '../db/database.ts'
import { currencyCode, type Money, minorUnits } from '../money/money.ts'

/** What is on record is changed here alone, and only to mend a difference; the order is locked, and weighed afterwards. */
export async function correctPayment(tx: Transaction, stripeSourceId: string, amount: Money): Promise<void> {
  await tx
    .updateTable('payments')
    .set({ amount: minorUnits(amount), currency: currencyCode(amount) })
    .where('stripe_source_id', '=', stripeSourceId)
    .execute()
}

/** Its entries in the ledger stay, until they are reversed. */
export async function deletePayment(tx: Transaction, stripeSourceId: string): Promise<void> {
  await tx.deleteFrom('payments').where('stripe_source_id', '=', stripeSourceId).execute()
}

/** `amount` in the order's currency. */
export async function correctRefund(tx: Transaction, stripeRefundId: string, amount: Money): Promise<void> {
  await tx
    .updateTable('refunds')
    .set({ amount: minorUnits(amount) })
    .where('stripe_refund_id', '=', stripeRefundId)
    .execute()
}

export async function deleteRefund(tx: Transaction, stripeRefundId: string): Promise<void> {
  await tx.deleteFrom('refunds').where('stripe_refund_id', '=', stripeRefundId).execute()
}

/** `amount` in the order's currency. */
export async function correctDispute(tx: Transaction, stripeDisputeId: string, amount: Money): Promise<void> {
  await tx
    .updateTable('disputes')
    .set({ amount: minorUnits(amount) })
    .where('stripe_dispute_id', '=', stripeDisputeId)
    .execute()
}

export async function deleteDispute(tx: Transaction, stripeDisputeId: string): Promise<void> {
  await tx.deleteFrom('disputes').where('stripe_dispute_id', '=', stripeDisputeId).execute()
}
