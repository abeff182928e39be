import type { Transaction } from '../db/database.ts'
import { add, negate } from '../money/money.ts'
import { type Bill, netOf } from './bill.ts'
import { findPaymentNames } from './payment-names.ts'
import type { Entry, Posting } from './posting.ts'
import { noteIntents, post } from './store.ts'

export interface PaidBill {
  orderId: string
  /** What it was for at Stripe: the invoice's id, else the payment intent's, else the session's. */
  stripeSourceId: string
  paymentIntentId: string | null
  bill: Bill
  paidAt: Date
}

/**
 * Posts what was sold and paid, in the transaction that records it, once each. What Stripe took is on its way until its
 * balance transaction is known. A bill of nothing is no posting; one that a discount brought to nothing is. Returns the
 * payment intents that are new: what they did to Stripe's balance is to be asked for.
 */
export async function postBills(tx: Transaction, bills: PaidBill[], now: Date): Promise<string[]> {
  const { free } = await findPaymentNames(
    tx,
    bills.map((bill) => bill.stripeSourceId),
  )
  for (const paid of bills) {
    const name = free.get(paid.stripeSourceId)
    if (name) await post(tx, toPosting(paid, name), now)
  }
  const fresh: string[] = []
  for (const [orderId, of] of Map.groupBy(bills, (bill) => bill.orderId)) {
    const intents = of.flatMap(({ paymentIntentId }) => paymentIntentId ?? [])
    fresh.push(...(await noteIntents(tx, orderId, intents, now)))
  }
  return fresh
}

function toPosting({ orderId, paymentIntentId, bill, paidAt }: PaidBill, name: string): Posting {
  const cause = { orderId, kind: 'payment', stripeId: name, paymentIntentId, at: paidAt } as const
  return { ...cause, entries: entriesOf(bill), terms: bill.terms }
}

function entriesOf(bill: Bill): Entry[] {
  const { paid, credit, discount, tax } = bill
  return [
    { account: 'stripe_pending', amount: paid },
    { account: 'credit', amount: credit },
    { account: 'discounts', amount: discount },
    { account: 'tax', amount: negate(tax) },
    { account: 'sales', amount: negate(add(netOf(bill), discount)) },
  ]
}
