import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Hold } from '../../src/db/tables/subscriptions.ts'
import {
  type Entitlement,
  type EntitlementState,
  moved,
  stateAt,
  withHold,
  withRelease,
} from '../../src/entitlements/entitlement.ts'
import {
  type EntitlementHappening,
  entitlementHappenings,
  entitlementStates,
  nextEntitlementState,
} from '../../src/entitlements/transition.ts'

/** Enough to meet every row; repeatable. */
const tries = { numRuns: 2000, seed: 20261122 }
const noon = new Date('2026-11-22T12:00:00Z')
const day = 86_400_000

function at(days: number): Date {
  return new Date(noon.getTime() + days * day)
}

const holds: (Hold | null)[] = [null, 'dispute', 'refund', 'dispute_lost']

const anyEntitlement: fc.Arbitrary<Entitlement> = fc
  .record({
    begins: fc.integer({ min: -3, max: 3 }),
    lasts: fc.integer({ min: 0, max: 4 }),
    grace: fc.option(fc.integer({ min: 1, max: 3 })),
    held: fc.constantFrom(null, ...holds, 'line_ended' as const),
    released: fc.boolean(),
  })
  .map(({ begins, lasts, grace, held, released }) => ({
    id: 'e',
    readerId: 'r',
    opens: ['daily'],
    source: 'subscription',
    orderId: 'o',
    subscriptionId: 's',
    startsAt: at(begins),
    endsAt: at(begins + lasts),
    runsOnUntil: grace === null ? null : at(begins + lasts + grace),
    held,
    released: released && held === null,
  }))

/** Whether one of these leads from the one to the other, by the table. */
function leads(before: Entitlement, after: Entitlement, now: Date, by: EntitlementHappening[]): boolean {
  const [from, to] = [stateAt(before, now), stateAt(after, now)]
  if (from === to) return true
  const timed = stateAt({ ...after, held: null }, now)
  return by.some((happening) => {
    const next = nextEntitlementState(from, happening)
    return next === to || (next === 'by_time' && timed === to)
  })
}

describe('the states of an entitlement', () => {
  it('change with time as the table says', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyEntitlement, fc.integer({ min: -4, max: 12 }), (entitlement, days) => {
        const [from, to] = [stateAt(entitlement, at(days)), stateAt(entitlement, at(days + 1))]
        seen.add(`${from} ${to}`)
        // Days hold several steps: what lasts none begins and is over at once.
        const steps: EntitlementHappening[] = ['begun', 'period_over', 'grace_over']
        return from === to || reach(from, steps).has(to)
      }),
      tries,
    )
    assert.ok(seen.has('running_on ended') && seen.has('open running_on') && seen.has('coming open'))
  })

  it('follow their subscription as the table says, while nothing holds them', () => {
    const by: EntitlementHappening[] = [
      'renewal_settled',
      'cancelled_now',
      'grace_begun',
      'grace_over',
      'period_over',
    ]
    fc.assert(
      fc.property(
        anyEntitlement,
        fc.integer({ min: -5, max: 9 }),
        fc.option(fc.integer({ min: 1, max: 9 })),
        (before, ends, grace) => {
          fc.pre(before.startsAt <= noon)
          const span = { endsAt: at(ends), runsOnUntil: grace === null ? null : at(ends + grace) }
          const after = moved(before, span, before.opens)
          assert.equal(after.held, before.held)
          return leads(before, after, noon, by)
        },
      ),
      tries,
    )
  })

  it('wait, end and open again as the table says, by what the order demands', () => {
    const by: EntitlementHappening[] = [
      'dispute_opened',
      'dispute_won',
      'dispute_lost',
      'refunded_in_full',
      'refund_undone',
    ]
    fc.assert(
      fc.property(anyEntitlement, fc.constantFrom(...holds), (before, wish) => {
        const after = withHold(before, wish)
        return leads(before, after, noon, by)
      }),
      tries,
    )
  })

  it('are released by staff, who may take that back, as the table says', () => {
    fc.assert(
      fc.property(anyEntitlement, fc.constantFrom(...holds), fc.boolean(), (one, wish, released) => {
        const before = withHold(one, wish)
        const after = withRelease(before, released, wish)
        return leads(before, after, noon, ['staff_released', 'release_taken_back', 'dispute_lost'])
      }),
      tries,
    )
  })
})

function reach(from: EntitlementState, by: EntitlementHappening[]): Set<EntitlementState> {
  const reached = new Set([from])
  for (const state of reached) {
    for (const happening of by) {
      const next = nextEntitlementState(state, happening)
      if (next === 'by_time') reached.add('running_on').add('ended')
      else if (next) reached.add(next)
    }
  }
  return reached
}

describe('what stands in the way of an entitlement', () => {
  const [base] = fc.sample(anyEntitlement, { numRuns: 1, seed: 1 })
  assert.ok(base)
  const open: Entitlement = {
    ...base,
    startsAt: at(-1),
    endsAt: at(1),
    runsOnUntil: null,
    held: null,
    released: false,
  }

  it('is a refund until staff release it, and a dispute whatever staff say', () => {
    const refunded = withHold(open, 'refund')
    assert.equal(stateAt(refunded, noon), 'held')
    const released = withRelease(refunded, true, 'refund')
    assert.equal(stateAt(released, noon), 'open')
    assert.equal(stateAt(withHold(released, 'refund'), noon), 'open', 'told of it again')
    const disputed = withHold(released, 'dispute')
    assert.equal(stateAt(disputed, noon), 'held')
    assert.equal(stateAt(withHold(disputed, 'refund'), noon), 'open', 'the dispute was won')
    assert.equal(stateAt(withRelease(released, false, 'refund'), noon), 'held')
  })

  it('is asked about anew once the refund is undone', () => {
    const released = withRelease(withHold(open, 'refund'), true, 'refund')
    assert.equal(stateAt(withHold(withHold(released, null), 'refund'), noon), 'held')
  })

  it('is final where a dispute is lost, unless staff release it', () => {
    const lost = withHold(open, 'dispute_lost')
    assert.equal(stateAt(lost, noon), 'ended')
    assert.equal(stateAt(withRelease(lost, true, 'dispute_lost'), noon), 'open')
    assert.equal(stateAt(withHold(lost, 'dispute'), noon), 'held', 'an appeal')
  })

  it('is nothing that staff can release where nothing holds it', () => {
    assert.deepEqual(withRelease(open, true, null), open)
  })

  it('stays where staff ended its line', () => {
    const ended: Entitlement = { ...open, held: 'line_ended' }
    for (const wish of holds) assert.equal(stateAt(withHold(ended, wish), noon), 'ended')
  })
})

describe('the table of an entitlement’s states in src/README.md', () => {
  it('is what the code does', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'README.md'), 'utf8')
    const [, after = ''] = readme.split('## The states of an entitlement\n')
    const [table = ''] = after.split('\n## ')
    const written = [...table.matchAll(/^\| (\w+) \| (\w+) \| (\w+) \|$/gm)].map(([, ...cells]) =>
      cells.join(' '),
    )
    const coded = entitlementStates.flatMap(
      (state) =>
        entitlementHappenings.flatMap((happening) => {
          const next = nextEntitlementState(state, happening)
          return next ? [`${state} ${happening} ${next}`] : []
        }),
      tries,
    )
    assert.ok(coded.length > 10)
    assert.deepEqual(written.toSorted(), coded.toSorted())
  })
})
