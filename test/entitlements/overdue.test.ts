import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overdueText } from '../../src/admin/overdue-text.ts'
import type { SpanFacts } from '../../src/entitlements/entitlement.ts'
import { overdueOf } from '../../src/entitlements/overdue.ts'
import { openCalendar } from '../../src/http/moment.ts'

const calendar = openCalendar('en-GB', 'UTC')
const grace = { renewalDays: 3, pastDueDays: 7 }
const paidUntil = new Date('2026-12-03T12:00:00Z')
const pastDue: SpanFacts = {
  state: 'past_due',
  paidUntil,
  givenUntil: null,
  bankAsked: false,
  endsAt: null,
  endedAt: null,
}

function text(at: string, changes: Partial<SpanFacts> = {}, days = 7): string | null {
  const overdue = overdueOf({ ...pastDue, ...changes }, { ...grace, pastDueDays: days }, new Date(at))
  return overdue ? overdueText(calendar, overdue) : null
}

describe('a payment that is overdue', () => {
  it('is told with the day it was due, the day that reading ends, and why', () => {
    const told =
      'Payment overdue since 3 December 2026; reads on until 10 December 2026 (grace of 7 days, GRACE_PAST_DUE_DAYS)'
    assert.equal(text('2026-12-03T12:00:00Z'), told)
    assert.equal(text('2026-12-10T11:59:59Z'), told)
  })

  it('is told once the grace is over', () => {
    const told =
      'Payment overdue since 3 December 2026; reading ended on 10 December 2026 (grace of 7 days, GRACE_PAST_DUE_DAYS)'
    assert.equal(text('2026-12-10T12:00:00Z'), told)
  })

  it('knows the grace that the publisher set', () => {
    assert.match(text('2026-12-04T12:00:00Z', {}, 14) ?? '', /until 17 December 2026 \(grace of 14 days/)
    assert.match(
      text('2026-12-04T12:00:00Z', {}, 0) ?? '',
      /reading ended on 3 December 2026 \(grace of 0 days/,
    )
  })

  it('has no day where the period still goes on', () => {
    assert.match(text('2026-12-01T12:00:00Z') ?? '', /^Payment overdue; reads on until 10 December 2026/)
  })

  it('gives no grace where the subscription ends by wish', () => {
    assert.match(
      text('2026-12-03T12:00:00Z', { endsAt: paidUntil }) ?? '',
      /reading ended on 3 December 2026/,
    )
  })

  it('is nothing in every other state', () => {
    for (const state of ['active', 'trialing', 'unpaid', 'canceled', 'paused'] as const)
      assert.equal(text('2026-12-04T12:00:00Z', { state }), null, state)
  })
})
