import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isLiving, type SubscriptionState } from '../../src/subscriptions/subscription.ts'
import {
  nextSubscriptionState,
  subscriptionHappenings,
  subscriptionStates,
  whyImpossible,
} from '../../src/subscriptions/transition.ts'

describe('the states of a subscription', () => {
  it('begin with a payment or a trial, and end for good', () => {
    assert.equal(nextSubscriptionState('incomplete', 'first_payment_settled'), 'active')
    assert.equal(nextSubscriptionState('trialing', 'trial_over'), 'active')
    for (const happening of subscriptionHappenings) {
      assert.equal(nextSubscriptionState('canceled', happening), null)
      assert.equal(nextSubscriptionState('incomplete_expired', happening), null)
    }
  })

  it('may be read several steps later', () => {
    assert.equal(whyImpossible('active', 'unpaid'), null)
    assert.equal(whyImpossible('incomplete', 'canceled'), null)
    assert.equal(whyImpossible('unpaid', 'past_due'), null)
    for (const state of subscriptionStates) assert.equal(whyImpossible(state, state), null)
  })

  it('never come back from their end, nor to their beginning', () => {
    for (const state of subscriptionStates.filter((one) => one !== 'canceled'))
      assert.equal(whyImpossible('canceled', state), 'had_ended', state)
    assert.equal(whyImpossible('incomplete_expired', 'active'), 'had_ended')
    const begun: SubscriptionState[] = subscriptionStates.filter(isLiving)
    assert.equal(begun.length, 5)
    for (const state of begun) {
      assert.equal(whyImpossible(state, 'incomplete'), 'had_begun', state)
      assert.equal(whyImpossible(state, 'incomplete_expired'), 'had_begun', state)
      assert.equal(whyImpossible(state, 'canceled'), null, state)
    }
  })
})

describe('the table of a subscription’s states in src/README.md', () => {
  it('is what the code does', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'README.md'), 'utf8')
    const [, after = ''] = readme.split('## The states of a subscription\n')
    const [table = ''] = after.split('\n## ')
    const written = [...table.matchAll(/^\| (\w+) \| (\w+) \| (\w+) \|$/gm)].map(([, ...cells]) =>
      cells.join(' '),
    )
    const coded = subscriptionStates.flatMap((state) =>
      subscriptionHappenings.flatMap((happening) => {
        const next = nextSubscriptionState(state, happening)
        return next ? [`${state} ${happening} ${next}`] : []
      }),
    )
    assert.ok(coded.length > 10)
    assert.deepEqual(written.toSorted(), coded.toSorted())
  })
})
