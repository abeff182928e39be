import type { Transaction } from '../db/database.ts'
import { holdByState } from '../entitlements/hold.ts'
import { queueJob } from '../jobs/queue-job.ts'
import { creditOf } from '../ledger/credit.ts'
import { formatMoney } from '../money/format-money.ts'
import { add, compare, isZero, type Money, subtract } from '../money/money.ts'
import type { DisputeEffect } from '../orders/dispute.ts'
import { listDisputes } from '../orders/disputes.ts'
import { closeDrift, recordDrift } from '../orders/drift.ts'
import { type Duplicate, listDuplicates, markUndone, owedBack, owedCredit } from '../orders/duplicates.ts'
import { writeHistory } from '../orders/history.ts'
import type { Order } from '../orders/order.ts'
import { listPayments } from '../orders/payments.ts'
import { type AfterChange, listRefunds } from '../orders/refunds.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { isLiving } from '../subscriptions/subscription.ts'
import type { CheckoutDeps } from './deps.ts'
import { queueDuplicateMail } from './duplicate-mail.ts'

export const undoDuplicateJob = 'undo-duplicate'

/**
 * What follows when an order's refunds or disputes change: what it opened waits or opens, and what was bought twice is
 * undone after all, or said to staff. In the transaction of the change.
 */
export function afterMoneyMoved(deps: CheckoutDeps): AfterChange {
  return async (tx, order, now) => {
    await holdByState(tx, order, now)
    await weighDuplicates(tx, deps, order, { tried: false, disputed: false })
  }
}

/** The same at the end of an undoing, which has just tried; `disputed`: Stripe said so, whether or not we knew. */
export function afterUndoing(deps: CheckoutDeps, { disputed }: { disputed: boolean }): AfterChange {
  return async (tx, order, now) => {
    await holdByState(tx, order, now)
    await weighDuplicates(tx, deps, order, { tried: true, disputed })
  }
}

/** paid_back, by_bank: nothing is owed · waits: for the bank · failed: the money came back to us · owed: to be undone */
export type DuplicateStanding = 'paid_back' | 'by_bank' | 'waits' | 'failed' | 'owed'

/** How it stands with what an order's duplicates took. */
export function standingOf(facts: {
  living: boolean
  /** Whether the reader's credit still lacks what it paid; it is given back whatever becomes of the rest. */
  creditMissing: boolean
  owed: Money
  refunded: Money
  disputes: readonly DisputeEffect[]
  refundFailed: boolean
}): DuplicateStanding {
  const { living, creditMissing, owed, refunded, disputes, refundFailed } = facts
  if (living || creditMissing) return 'owed'
  if (compare(refunded, owed) >= 0) return 'paid_back'
  if (disputes.includes('open')) return 'waits'
  if (disputes.includes('lost')) return 'by_bank'
  return refundFailed ? 'failed' : 'owed'
}

/** What the duplicates took: how much is to go back where it came from, and what of the credit has. */
export interface Owed {
  /** What was charged, to the card or account that paid. */
  charged: Money
  credit: Money
  creditReturned: Money
}

interface Undoing {
  tried: boolean
  disputed: boolean
}

async function weighDuplicates(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  undoing: Undoing,
): Promise<void> {
  const duplicates = await listDuplicates(tx, order)
  if (duplicates.length === 0) return
  const owed = await findOwed(tx, order, duplicates)
  const standing = await findStanding(tx, order, owed)
  if (standing === 'waits' || (standing === 'owed' && (await isDisputedUnheard(tx, order, undoing)))) return
  if (standing === 'paid_back' || standing === 'by_bank')
    return end(tx, deps, order, duplicates, owed, standing)
  await markUndone(tx, order.id, null)
  if (standing === 'failed' || undoing.tried) return tellStaff(tx, deps, order, owed)
  const orderId = order.id
  await queueJob(tx, undoDuplicateJob, { orderId }, { key: `${undoDuplicateJob}:${orderId}` })
}

async function findOwed(tx: Transaction, order: Order, duplicates: Duplicate[]): Promise<Owed> {
  const payments = await listPayments(tx, order.id)
  const { used, returned } = await creditOf(tx, order.id, order.currency)
  return {
    charged: owedBack(order, payments, duplicates),
    credit: owedCredit(order, payments, duplicates, used),
    creditReturned: returned,
  }
}

/** Stripe speaks of a dispute that we have not heard of yet: what becomes of it will be weighed. */
async function isDisputedUnheard(tx: Transaction, order: Order, { disputed }: Undoing): Promise<boolean> {
  return disputed && (await listDisputes(tx, order.id)).every(({ effect }) => effect === 'none')
}

async function findStanding(tx: Transaction, order: Order, owed: Owed): Promise<DuplicateStanding> {
  const subscription = await findSubscriptionOfOrder(tx, order.id)
  const refunds = await listRefunds(tx, order.id)
  return standingOf({
    living: subscription?.duplicate === true && isLiving(subscription.state),
    creditMissing: compare(owed.creditReturned, owed.credit) < 0,
    owed: owed.charged,
    refunded: order.refunded,
    disputes: (await listDisputes(tx, order.id)).map(({ effect }) => effect),
    refundFailed: refunds.some(({ state }) => state === 'failed'),
  })
}

/** Once; the reader is told in the same transaction. */
async function end(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  duplicates: Duplicate[],
  owed: Owed,
  standing: 'paid_back' | 'by_bank',
): Promise<void> {
  if (duplicates.every(({ undoneAt }) => undoneAt)) return
  const now = deps.clock()
  await markUndone(tx, order.id, now)
  const text = `Bought twice: undone, ${endText(deps, owed, standing)}`
  await writeHistory(tx, order.id, { at: now, text, by: 'newsstand' })
  await closeDrift(tx, { kind: 'duplicate_not_paid_back', subject: order.number }, now)
  if (standing === 'paid_back') await queueDuplicateMail(tx, deps, order, { duplicates, owed })
}

function endText({ installation }: CheckoutDeps, owed: Owed, standing: 'paid_back' | 'by_bank'): string {
  const charged = formatMoney(owed.charged, installation.locale)
  const credit = `${formatMoney(owed.credit, installation.locale)} given back as credit`
  const back = standing === 'paid_back' ? `${charged} paid back` : `the bank has paid ${charged} back`
  if (isZero(owed.credit)) return back
  return isZero(owed.charged) ? credit : `${back}, ${credit}`
}

async function tellStaff(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  { charged, credit, creditReturned }: Owed,
): Promise<void> {
  const text = (amount: Money) => formatMoney(amount, deps.installation.locale)
  const [owed, back] = [add(charged, credit), add(order.refunded, creditReturned)]
  const missing = compare(back, owed) < 0 ? subtract(owed, back) : owed
  const drift = {
    kind: 'duplicate_not_paid_back',
    subject: order.number,
    orderId: order.id,
    stripeSays: `${text(back)} went back to the reader; a refund failed or was refused`,
    weSay: `${text(owed)} was for what the reader had already`,
    fix: `Try the refund again, or pay ${text(missing)} back by other means.`,
  } as const
  await recordDrift(tx, drift, deps.clock())
}
