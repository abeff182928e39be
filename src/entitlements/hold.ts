import type { Transaction } from '../db/database.ts'
import type { Hold } from '../db/tables/subscriptions.ts'
import { listDisputes } from '../orders/disputes.ts'
import { closeDrift, recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import type { Order } from '../orders/order.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { isLiving, type Subscription } from '../subscriptions/subscription.ts'
import { askAboutRefunded } from './ask-about-refunded.ts'
import { type Entitlement, withHold } from './entitlement.ts'
import { listEntitlementsOfOrder, updateEntitlement } from './store.ts'

/**
 * Makes what the order opened wait, end or open again, as its state and its disputes demand. In the transaction that
 * changes either, which holds the order's lock: nobody reads on in between.
 */
export async function holdByState(tx: Transaction, order: Order, now: Date): Promise<void> {
  const wish = await wishFor(tx, order)
  const changes = (await listEntitlementsOfOrder(tx, order.id)).map((before) => withHoldOf(before, wish))
  for (const { before, after } of changes) {
    if (after.held !== before.held || after.released !== before.released) await updateEntitlement(tx, after)
  }
  const change = changes.find(({ before, after }) => after.held !== before.held)
  if (change) await writeHistory(tx, order.id, { at: now, text: textOf(change), by: 'newsstand' })
  const subscription = await findSubscriptionOfOrder(tx, order.id)
  if (!subscription) return
  await askOrClose(tx, order, { subscription, changes }, now)
  await askAboutRefunded(tx, order, subscription, now)
}

/** What should stand in the way of all that an order opened; null: nothing. */
export async function wishFor(tx: Transaction, order: Order): Promise<Hold | null> {
  // One whose payment was struck off has none left: what it opened is closed as if it had gone back.
  if (order.state === 'refunded' || order.state === 'failed') return 'refund'
  if (order.state !== 'disputed') return null
  const disputes = await listDisputes(tx, order.id)
  if (disputes.some((dispute) => dispute.effect === 'open')) return 'dispute'
  return disputes.some((dispute) => dispute.effect === 'lost') ? 'dispute_lost' : 'dispute'
}

interface HoldChange {
  before: Entitlement
  after: Entitlement
}

function withHoldOf(before: Entitlement, wish: Hold | null): HoldChange {
  return { before, after: withHold(before, wish) }
}

const closedTexts: Record<Hold, string> = {
  dispute: 'What it opens waits while its payment is disputed',
  refund: 'What it opened is closed: it was paid back in full',
  dispute_lost: 'What it opened has ended: the dispute was lost',
  line_ended: 'What a line opened was ended',
}

function textOf({ after }: HoldChange): string {
  return after.held ? closedTexts[after.held] : 'What it opens is open again'
}

/** Asks staff once, when it is lost: they may well leave it so. What is over, or open again, is no question. */
async function askOrClose(
  tx: Transaction,
  order: Order,
  { subscription, changes }: { subscription: Subscription; changes: HoldChange[] },
  now: Date,
): Promise<void> {
  const lost = changes.filter(({ after }) => after.held === 'dispute_lost')
  if (lost.some(({ before }) => before.held !== 'dispute_lost')) return askAboutRenewals(tx, order, now)
  if (lost.length > 0 && isLiving(subscription.state)) return
  await closeDrift(tx, { kind: 'dispute_lost_goes_on', subject: subscription.stripeSubscriptionId }, now)
}

/** Stripe goes on charging for a subscription whose dispute was lost, and that opens nothing any more. */
export async function askAboutRenewals(tx: Transaction, order: Order, now: Date): Promise<void> {
  const subscription = await findSubscriptionOfOrder(tx, order.id)
  if (!subscription || !isLiving(subscription.state)) return
  const question = {
    kind: 'dispute_lost_goes_on',
    subject: subscription.stripeSubscriptionId,
    orderId: order.id,
    stripeSays: 'A dispute over this order was lost, and its subscription goes on renewing',
    weSay: 'What it opened has ended',
    fix: 'Cancel the subscription, or let the reader read on.',
  } as const
  await recordDrift(tx, question, now)
}
