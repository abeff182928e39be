import Stripe from 'stripe'
import { realClock } from '../clock.ts'
import { inTransaction } from '../db/database.ts'
import { closeDrift, type FoundDrift, findDrift, recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import type { ReconcileDeps } from './deps.ts'
import { claimDrift, creditDrift, releaseDrift } from './drift-store.ts'
import { CannotMend, type Fix } from './kind.ts'
import { kinds } from './kinds/table.ts'
import { lookAt } from './look-at-suspects.ts'

/**
 * mended: it is gone, and closed · closed: it had been before · busy: somebody else is at it · failed: it is open still,
 * and why · unknown: there is no such difference, or no such fix for it
 */
export type MendOutcome =
  | { outcome: 'mended' | 'closed' | 'busy' | 'unknown' }
  | { outcome: 'failed'; why: string }

/** How long one try may take before another may begin. */
const leaseMs = 2 * 60_000

/**
 * Does what one of a difference's buttons says, then looks at it anew: it is closed when it is gone, with who and how.
 * Two at once never both do it; done again after a death, nothing happens twice. `by` is the address of a member of staff.
 */
export async function mendDrift(
  deps: ReconcileDeps,
  driftId: string,
  fixName: string,
  by: string,
): Promise<MendOutcome> {
  const drift = await findDrift(deps.db, driftId)
  const fix = drift && kinds[drift.kind]?.fixes.find(({ name }) => name === fixName)
  if (!drift || !fix) return { outcome: 'unknown' }
  if (drift.closedAt) return { outcome: 'closed' }
  const now = realClock()
  if (!(await claimDrift(deps.db, driftId, { now, until: new Date(now.getTime() + leaseMs) })))
    return (await findDrift(deps.db, driftId))?.closedAt ? { outcome: 'closed' } : { outcome: 'busy' }
  try {
    if (!(await differsStill(deps, drift, fix))) return { outcome: 'closed' }
    await fix.apply(deps, { subject: drift.subject, orderId: drift.orderId, key: keyOf(deps, drift), by })
    return await lookAgain(deps, drift, fix, by)
  } catch (error) {
    const why = wordsFor(error)
    if (!(error instanceof CannotMend)) deps.log.warn({ drift: drift.id, err: error }, 'drift was not mended')
    await releaseDrift(deps.db, driftId, why)
    return { outcome: 'failed', why }
  }
}

function keyOf({ installation }: ReconcileDeps, drift: FoundDrift): string {
  return `${installation.id}:drift:${drift.id}`
}

/**
 * What was found at night may have settled by itself since: then a button that cannot be taken back must not pay back what is
 * right by now, and the difference is closed instead. The others only bring us to what Stripe says.
 */
async function differsStill(deps: ReconcileDeps, drift: FoundDrift, fix: Fix): Promise<boolean> {
  if (fix.closes || !fix.confirm) return true
  const weigh = await lookAt(deps, drift)
  return inTransaction(deps.db, async (tx) => {
    if (await weigh(tx)) return true
    await closeDrift(tx, drift, deps.clock())
    return false
  })
}

async function lookAgain(deps: ReconcileDeps, drift: FoundDrift, fix: Fix, by: string): Promise<MendOutcome> {
  const weigh = fix.closes ? null : await lookAt(deps, drift)
  const left = await inTransaction(deps.db, async (tx) => {
    const difference = weigh && (await weigh(tx))
    if (difference) {
      await recordDrift(tx, { ...drift, ...difference }, deps.clock())
      return difference
    }
    await closeDrift(tx, drift, deps.clock(), { by, how: fix.label })
    // What closed it by itself a moment ago did so because of this.
    await creditDrift(tx, drift.id, { by, how: fix.label })
    if (drift.orderId) {
      const text = `${kinds[drift.kind].title}: ${fix.label} (${by})`
      await writeHistory(tx, drift.orderId, { at: deps.clock(), text, by: 'staff' })
    }
    return null
  })
  if (!left) return { outcome: 'mended' }
  const why = `It was done, and Stripe and we still differ. Stripe says: ${left.stripeSays}. We say: ${left.weSay}.`
  await releaseDrift(deps.db, drift.id, why)
  return { outcome: 'failed', why }
}

/** For staff; what only a developer could use is in the log. */
function wordsFor(error: unknown): string {
  if (error instanceof CannotMend) return error.message
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return `Stripe refused: ${error.message}`
  if (error instanceof Stripe.errors.StripeError) return 'Stripe does not answer just now. Please try again.'
  return 'It could not be done; the reason is in the log.'
}
