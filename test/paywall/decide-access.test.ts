import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entitlement } from '../../src/entitlements/entitlement.ts'
import { decideAccess, readableCollections } from '../../src/paywall/decide-access.ts'

const now = new Date('2026-11-22T12:00:00Z')
const day = (offset: number) => new Date(now.getTime() + offset * 86_400_000)
const article = { access: 'subscribers', collection: 'daily' } as const

function entitlement(changes: Partial<Entitlement> = {}): Entitlement {
  return {
    id: 'e',
    readerId: 'r',
    opens: ['daily'],
    source: 'subscription',
    orderId: 'o',
    subscriptionId: 's',
    startsAt: day(-10),
    endsAt: day(10),
    runsOnUntil: null,
    held: null,
    released: false,
    ...changes,
  }
}

function decide(...entitlements: Entitlement[]) {
  const { access, reason } = decideAccess(article, entitlements, null, now)
  return `${access} ${reason}`
}

describe('deciding access', () => {
  it('opens what is free to anyone', () => {
    assert.equal(decideAccess({ access: 'free', collection: 'daily' }, [], null, now).reason, 'free')
  })

  it('opens what is paid for, from its first moment and not at its last', () => {
    assert.equal(decide(entitlement()), 'full entitlement')
    assert.equal(decide(entitlement({ startsAt: now })), 'full entitlement')
    assert.equal(decide(entitlement({ endsAt: now })), 'preview ended')
    assert.equal(decide(entitlement({ endsAt: null })), 'full entitlement')
  })

  it('runs on while a renewal is under way, and no longer', () => {
    assert.equal(decide(entitlement({ endsAt: day(-1), runsOnUntil: day(2) })), 'full renewal')
    assert.equal(decide(entitlement({ endsAt: day(-3), runsOnUntil: now })), 'preview ended')
  })

  it('says why it stays closed', () => {
    assert.equal(decide(), 'preview none')
    assert.equal(decide(entitlement({ opens: ['dossiers'] })), 'preview other')
    assert.equal(decide(entitlement({ held: 'dispute' })), 'preview held')
    assert.equal(decide(entitlement({ startsAt: day(1) })), 'preview coming')
  })

  it('takes the entitlement that serves best, in any order', () => {
    const [ended, held, good] = [
      entitlement({ endsAt: day(-1) }),
      entitlement({ held: 'refund' }),
      entitlement(),
    ]
    for (const list of [
      [ended, held, good],
      [good, held, ended],
      [held, good, ended],
    ]) {
      assert.equal(decide(...list), 'full entitlement')
    }
    assert.equal(decide(ended, held), 'preview held')
  })

  it('opens what a meter gives away, though not in place of what is paid for', () => {
    assert.equal(decideAccess(article, [], { opened: true }, now).reason, 'metered')
    assert.equal(decideAccess(article, [], { opened: false }, now).access, 'preview')
    assert.equal(decideAccess(article, [entitlement()], { opened: true }, now).reason, 'entitlement')
  })

  it('lists the collections that are open', () => {
    const list = [
      entitlement({ opens: ['daily', 'dossiers'] }),
      entitlement({ opens: ['past'], endsAt: day(-1) }),
    ]
    assert.deepEqual(readableCollections(list, now), ['daily', 'dossiers'])
  })
})
