import { type Entitlement, type EntitlementState, stateAt } from '../entitlements/entitlement.ts'

/** What of an article matters for who may read it. */
export interface Guarded {
  access: 'free' | 'subscribers'
  collection: string
}

/** Whether this article is one of those that a meter gives away; null where there is no meter. */
export interface Meter {
  opened: boolean
}

/**
 * Why an article is open or closed:
 * free: anyone may read it · entitlement: paid for · renewal: paid for until a moment ago, the renewal is under way ·
 * metered: one of the free ones · none: nothing opens it · other: what the reader has opens something else ·
 * held: what opened it waits (a dispute, a refund) · ended: what opened it is over · coming: it opens later.
 */
export type AccessReason =
  | 'free'
  | 'entitlement'
  | 'renewal'
  | 'metered'
  | 'none'
  | 'other'
  | 'held'
  | 'ended'
  | 'coming'

export interface Decision {
  access: 'full' | 'preview'
  reason: AccessReason
  /** The entitlement that decided; null where none did. */
  entitlement: Entitlement | null
}

/** Whether a reader with these entitlements may read the whole of an article at `now`, and why. Pure. */
export function decideAccess(
  article: Guarded,
  entitlements: readonly Entitlement[],
  meter: Meter | null,
  now: Date,
): Decision {
  if (article.access === 'free') return { access: 'full', reason: 'free', entitlement: null }
  const best = bestOf(entitlements, article.collection, now)
  if (best && best.rank <= lastOpenRank)
    return { access: 'full', reason: best.reason, entitlement: best.entitlement }
  if (meter?.opened) return { access: 'full', reason: 'metered', entitlement: null }
  if (best) return { access: 'preview', reason: best.reason, entitlement: best.entitlement }
  return { access: 'preview', reason: entitlements.length > 0 ? 'other' : 'none', entitlement: null }
}

/** The better an entitlement serves the reader, the lower its rank. */
const ranks: Record<EntitlementState, { rank: number; reason: AccessReason }> = {
  open: { rank: 0, reason: 'entitlement' },
  running_on: { rank: 1, reason: 'renewal' },
  held: { rank: 2, reason: 'held' },
  coming: { rank: 3, reason: 'coming' },
  ended: { rank: 4, reason: 'ended' },
}
const lastOpenRank = 1

function bestOf(entitlements: readonly Entitlement[], collection: string, now: Date) {
  let best: { entitlement: Entitlement; rank: number; reason: AccessReason } | null = null
  for (const entitlement of entitlements) {
    if (!entitlement.opens.includes(collection)) continue
    const { rank, reason } = ranks[stateAt(entitlement, now)]
    if (!best || rank < best.rank) best = { entitlement, rank, reason }
  }
  return best
}

/** The collections that are open to a reader at `now`: what a search may look into. */
export function readableCollections(entitlements: readonly Entitlement[], now: Date): string[] {
  const open = entitlements.filter((one) => ranks[stateAt(one, now)].rank <= lastOpenRank)
  return [...new Set(open.flatMap((one) => one.opens))]
}
