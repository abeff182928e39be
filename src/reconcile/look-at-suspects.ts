import { inTransaction } from '../db/database.ts'
import { closeDrift, type Difference, recordDrift } from '../orders/drift.ts'
import { catchUp } from './catch-up.ts'
import type { ReconcileDeps } from './deps.ts'
import { gently } from './gently.ts'
import type { Weigh } from './kind.ts'
import { setAside } from './kinds/cannot-compare.ts'
import { kinds } from './kinds/table.ts'
import { deleteSuspect, listSuspects, type Suspect } from './store.ts'
import { orUnread, Unread } from './unread.ts'

const atOnce = 20

export interface Looked {
  found: number
  closed: number
  /** Whether more suspects wait. */
  left: boolean
}

/**
 * Looks at the next suspects, each anew. What differs is looked at once more after every event until then was taken, and
 * only what differs in the same words still is written down: money that moves meanwhile is no difference. One that cannot
 * be read is written down as that, and the others are looked at; a fault that may pass is thrown.
 */
export async function lookAtSuspects(deps: ReconcileDeps, comparisonId: string): Promise<Looked> {
  const suspects = await listSuspects(deps.db, comparisonId, atOnce)
  const counts = { found: 0, closed: 0 }
  const differing: { suspect: Suspect; before: Difference }[] = []
  for (const suspect of suspects) {
    const before = await orUnread(() => acquit(deps, comparisonId, suspect))
    if (before instanceof Unread) counts.found += await giveUp(deps, comparisonId, suspect, before)
    else if (typeof before === 'object') differing.push({ suspect, before })
    else if (before === 'closed') counts.closed++
  }
  if (differing.length > 0) await gently(() => catchUp(deps))
  for (const { suspect, before } of differing) {
    const outcome = await orUnread(() => judge(deps, comparisonId, suspect, before))
    if (outcome instanceof Unread) counts.found += await giveUp(deps, comparisonId, suspect, outcome)
    else if (outcome) counts[outcome]++
  }
  return { ...counts, left: suspects.length > 0 }
}

export function lookAt(deps: ReconcileDeps, { kind, subject }: Suspect): Promise<Weigh> {
  return gently(() => kinds[kind].look(deps, subject))
}

/** Returns how many differences are new by that: one, or none where it was set aside before. */
function giveUp(
  deps: ReconcileDeps,
  comparisonId: string,
  suspect: Suspect,
  unread: Unread,
): Promise<number> {
  deps.log.warn({ ...suspect, why: unread.why }, 'a suspect cannot be read and is set aside')
  return inTransaction(deps.db, async (tx) => {
    await deleteSuspect(tx, comparisonId, suspect)
    const drift = setAside(suspect, kinds[suspect.kind].title, unread)
    return (await recordDrift(tx, drift, deps.clock())) ? 1 : 0
  })
}

/** Lets go of one that does not differ, in the transaction that weighs it; returns the difference of one that does. */
async function acquit(
  deps: ReconcileDeps,
  comparisonId: string,
  suspect: Suspect,
): Promise<Difference | 'closed' | 'agreed'> {
  const weigh = await lookAt(deps, suspect)
  return inTransaction(deps.db, async (tx) => {
    const difference = await weigh(tx)
    if (difference) return difference
    await deleteSuspect(tx, comparisonId, suspect)
    return (await closeDrift(tx, suspect, deps.clock())) ? 'closed' : 'agreed'
  })
}

/** null: it was known, or it moves, and the next comparison will tell. */
async function judge(
  deps: ReconcileDeps,
  comparisonId: string,
  suspect: Suspect,
  before: Difference,
): Promise<'found' | 'closed' | null> {
  const weigh = await lookAt(deps, suspect)
  return inTransaction(deps.db, async (tx) => {
    const now = await weigh(tx)
    await deleteSuspect(tx, comparisonId, suspect)
    if (!now) return (await closeDrift(tx, suspect, deps.clock())) ? 'closed' : null
    if (!isSame(before, now)) return null
    return (await recordDrift(tx, { ...suspect, ...now }, deps.clock())) ? 'found' : null
  })
}

function isSame(one: Difference, other: Difference): boolean {
  return one.stripeSays === other.stripeSays && one.weSay === other.weSay
}
