import type { EntitlementState } from './entitlement.ts'

/** What can happen to an entitlement: by time, by what Stripe says of its money, or by staff. */
export const entitlementHappenings = [
  'begun',
  'period_over',
  'grace_begun',
  'grace_over',
  'renewal_settled',
  'cancelled_now',
  'dispute_opened',
  'dispute_won',
  'dispute_lost',
  'refunded_in_full',
  'refund_undone',
  'staff_released',
  'release_taken_back',
  'line_ended',
] as const

export type EntitlementHappening = (typeof entitlementHappenings)[number]

/** by_time: what its beginning, its end and its grace say at that moment. */
export type NextEntitlementState = EntitlementState | 'by_time'

type Transitions = Partial<Record<EntitlementHappening, NextEntitlementState>>

const putAside: Transitions = {
  dispute_opened: 'held',
  dispute_lost: 'ended',
  refunded_in_full: 'held',
  line_ended: 'ended',
}

/**
 * A change of plan moves no state: it changes what is open. A period is renewed when it is paid, or given away. The grace of
 * a refused card begins anew for what had ended where Stripe tells of it late.
 */
const transitions: Record<EntitlementState, Transitions> = {
  coming: { ...putAside, begun: 'open', release_taken_back: 'held' },
  open: { ...putAside, period_over: 'by_time', cancelled_now: 'ended', release_taken_back: 'held' },
  running_on: { ...putAside, renewal_settled: 'open', grace_over: 'ended', release_taken_back: 'held' },
  held: {
    dispute_won: 'by_time',
    dispute_lost: 'ended',
    refund_undone: 'by_time',
    staff_released: 'by_time',
    line_ended: 'ended',
  },
  ended: {
    dispute_opened: 'held',
    dispute_won: 'by_time',
    refunded_in_full: 'held',
    renewal_settled: 'open',
    grace_begun: 'running_on',
    staff_released: 'by_time',
    release_taken_back: 'held',
  },
}

export const entitlementStates = Object.keys(transitions) as EntitlementState[]

/** The state after something happened; null where it cannot happen or changes nothing. */
export function nextEntitlementState(
  state: EntitlementState,
  happening: EntitlementHappening,
): NextEntitlementState | null {
  return transitions[state][happening] ?? null
}
