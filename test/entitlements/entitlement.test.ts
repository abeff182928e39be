import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addMonths } from '../../src/entitlements/add-months.ts'
import { spanOf } from '../../src/entitlements/entitlement.ts'
import type { Subscription } from '../../src/subscriptions/subscription.ts'

const paidUntil = new Date('2026-12-22T12:00:00Z')

function span(changes: Partial<Subscription>) {
  const subscription: Subscription = {
    id: 's',
    readerId: 'r',
    orderId: 'o',
    planId: 'p',
    priceId: 'c',
    opens: ['daily'],
    state: 'active',
    duplicate: false,
    startedAt: new Date('2026-11-22T12:00:00Z'),
    paidUntil,
    givenUntil: null,
    bankAsked: false,
    endsAt: null,
    endedAt: null,
    stripeSubscriptionId: 'sub_1',
    readNumber: 1,
    ...changes,
  }
  const { endsAt, runsOnUntil } = spanOf(subscription, { renewalDays: 3, pastDueDays: 7 })
  return [endsAt.toISOString().slice(0, 10), runsOnUntil?.toISOString().slice(0, 10) ?? null]
}

describe('what a subscription opens', () => {
  it('ends with the period that is paid, and runs on for the renewal', () => {
    assert.deepEqual(span({}), ['2026-12-22', '2026-12-25'])
    assert.deepEqual(span({ state: 'trialing' }), ['2026-12-22', '2026-12-25'])
  })

  it('runs on longer while the card is tried again', () => {
    assert.deepEqual(span({ state: 'past_due' }), ['2026-12-22', '2026-12-29'])
  })

  it('goes on through what is given away while collection is paused', () => {
    const givenUntil = new Date('2027-01-22T12:00:00Z')
    assert.deepEqual(span({ givenUntil }), ['2027-01-22', '2027-01-25'])
    assert.deepEqual(span({ givenUntil: new Date('2026-11-22T12:00:00Z') }), ['2026-12-22', '2026-12-25'])
  })

  it('runs on while a bank is asked for the renewal, as long as banks take', () => {
    assert.deepEqual(span({ bankAsked: true }), ['2026-12-22', '2027-01-05'])
    assert.deepEqual(span({ bankAsked: true, state: 'past_due' }), ['2026-12-22', '2026-12-29'])
  })

  it('does not run on where it ends by wish', () => {
    assert.deepEqual(span({ endsAt: paidUntil }), ['2026-12-22', null])
  })

  it('ends at once where it was ended at once', () => {
    const endedAt = new Date('2026-12-01T00:00:00Z')
    assert.deepEqual(span({ state: 'canceled', endedAt }), ['2026-12-01', null])
    assert.deepEqual(span({ state: 'canceled', endedAt: paidUntil }), ['2026-12-22', null])
    assert.deepEqual(span({ state: 'unpaid' }), ['2026-12-22', null])
  })
})

describe('adding months', () => {
  const cases = [
    ['2026-01-31', 1, '2026-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2026-03-31', 1, '2026-04-30'],
    ['2026-11-30', 3, '2027-02-28'],
    ['2028-02-29', 12, '2029-02-28'],
    ['2026-11-22', 12, '2027-11-22'],
  ] as const
  for (const [from, months, to] of cases) {
    it(`${from} + ${months} = ${to}`, () => {
      assert.equal(addMonths(new Date(`${from}T08:30:00Z`), months).toISOString(), `${to}T08:30:00.000Z`)
    })
  }
})
