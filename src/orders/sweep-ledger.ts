import { followLedger } from './follow-ledger.ts'
import { listPendingOrders, listUnenteredOrders } from './list-unentered.ts'
import type { RefundDeps } from './refunds.ts'

const hour = 3_600_000
/** Stripe has made every balance transaction long before; what is pending still is for the nightly comparison. */
const longestPending = 40 * 24 * hour
const mostAtOnce = 200

export interface SweepDeps extends RefundDeps {
  log: { warn: (fields: object, text: string) => void }
}

/**
 * Asks Stripe again for what has been on its way for over an hour, so that nothing depends on one event. Returns how many
 * orders it looked at.
 */
export async function sweepPending(deps: SweepDeps): Promise<number> {
  const now = deps.clock().getTime()
  const span = { from: new Date(now - longestPending), until: new Date(now - hour) }
  const orderIds = await listPendingOrders(deps.db, span, mostAtOnce)
  await followEach(deps, orderIds)
  return orderIds.length
}

/**
 * Enters a lot of what was paid before there was a ledger. What it has done stays done wherever it dies: whoever runs it
 * again goes on. Returns whether there may be more that another run would manage.
 */
export async function enterEarlier(deps: SweepDeps): Promise<boolean> {
  const orderIds = await listUnenteredOrders(deps.db, mostAtOnce)
  const managed = await followEach(deps, orderIds)
  return orderIds.length === mostAtOnce && managed > 0
}

async function followEach(deps: SweepDeps, orderIds: string[]): Promise<number> {
  let managed = 0
  for (const orderId of orderIds)
    try {
      await followLedger(deps, orderId)
      managed += 1
    } catch (error) {
      deps.log.warn({ order: orderId, err: error }, 'the ledger of an order waits for the next sweep')
    }
  return managed
}
