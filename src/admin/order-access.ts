import type { Hold } from '../db/tables/subscriptions.ts'
import { type Entitlement, type EntitlementState, stateAt } from '../entitlements/entitlement.ts'
import { overdueOf } from '../entitlements/overdue.ts'
import type { Subscription } from '../subscriptions/subscription.ts'
import type { AdminDeps } from './deps.ts'
import { overdueText } from './overdue-text.ts'

/** What an order opens as staff see it, and what they can do about it. */
export function accessView(
  deps: AdminDeps,
  entitlements: readonly Entitlement[],
  subscription: Subscription | null,
) {
  const { calendar, clock, grace } = deps
  const overdue = subscription && !subscription.duplicate ? overdueOf(subscription, grace, clock()) : null
  return {
    rows: entitlements.map((one) => entitlementRow(deps, one)),
    overdue: overdue ? overdueText(calendar, overdue) : null,
    /** Whether staff can let the reader read on, or have done so. */
    canRelease: entitlements.some(({ held }) => held === 'refund' || held === 'dispute_lost'),
    isReleased: entitlements.some(({ released }) => released),
  }
}

function entitlementRow({ calendar, clock }: AdminDeps, entitlement: Entitlement) {
  const { opens, source, startsAt, endsAt } = entitlement
  return {
    opens: opens.join(', '),
    from: calendar.time(startsAt),
    until: endsAt ? calendar.time(endsAt) : null,
    source,
    state: stateText(entitlement, clock(), (at) => calendar.time(at).text),
  }
}

const stateTexts: Record<EntitlementState, string> = {
  coming: 'Opens later',
  open: 'Open',
  running_on: 'Runs on',
  held: 'Waits',
  ended: 'Ended',
}

const holdTexts: Record<Hold, string> = {
  dispute: 'its payment is disputed',
  refund: 'it was paid back in full',
  dispute_lost: 'the dispute was lost',
  line_ended: 'staff ended this line',
}

function stateText(entitlement: Entitlement, now: Date, timeText: (at: Date) => string): string {
  const state = stateAt(entitlement, now)
  const { held, released, runsOnUntil } = entitlement
  if (held) return `${stateTexts[state]}: ${holdTexts[held]}`
  if (state === 'running_on' && runsOnUntil) return `${stateTexts[state]} until ${timeText(runsOnUntil)}`
  return released ? `${stateTexts[state]}, because staff let it` : stateTexts[state]
}
