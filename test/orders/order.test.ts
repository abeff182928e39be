import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  type Happening,
  happenings,
  nextState,
  type OrderState,
  orderStates,
} from '../../src/orders/order.ts'

describe('the states of an order', () => {
  it('begin pending and end in what became of the money', () => {
    assert.equal(nextState('pending', 'paid'), 'paid')
    assert.equal(nextState('pending', 'payment_failed'), 'failed')
    assert.equal(nextState('pending', 'session_expired'), 'expired')
    assert.equal(nextState('paid', 'refunded_in_part'), 'partly_refunded')
    assert.equal(nextState('partly_refunded', 'refunded_in_full'), 'refunded')
    assert.equal(nextState('paid', 'disputed'), 'disputed')
    assert.equal(nextState('disputed', 'dispute_won'), 'paid')
  })

  it('count money that comes late', () => {
    assert.equal(nextState('failed', 'paid'), 'paid')
    assert.equal(nextState('expired', 'paid'), 'paid')
  })

  it('never go from paid back to unpaid, and are paid once', () => {
    const paidStates: OrderState[] = ['paid', 'partly_refunded', 'refunded', 'disputed']
    const unpaying: Happening[] = ['payment_failed', 'session_expired', 'paid']
    for (const state of paidStates)
      for (const happening of unpaying) assert.equal(nextState(state, happening), null)
  })

  it('cannot be refunded or disputed before there is money', () => {
    const moneyless: Happening[] = [
      'refunded_in_full',
      'refunded_in_part',
      'disputed',
      'dispute_won',
      'refund_undone',
    ]
    for (const state of ['pending', 'failed', 'expired'] as const) {
      for (const happening of moneyless) assert.equal(nextState(state, happening), null)
    }
  })

  it('are those of the contract', () => {
    const contract = ['pending', 'paid', 'failed', 'expired', 'partly_refunded', 'refunded', 'disputed']
    assert.deepEqual([...orderStates].sort(), contract.sort())
  })
})

describe('the table of states in src/README.md', () => {
  it('is what the code does', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'README.md'), 'utf8')
    const [, after = ''] = readme.split('## The states of an order\n')
    const [table = ''] = after.split('\n## ')
    const written = [...table.matchAll(/^\| (\w+) \| (\w+) \| (\w+) \|$/gm)].map(([, ...cells]) =>
      cells.join(' '),
    )
    const coded = orderStates.flatMap((state) =>
      happenings.flatMap((happening) => {
        const next = nextState(state, happening)
        return next ? [`${state} ${happening} ${next}`] : []
      }),
    )
    assert.ok(coded.length > 10)
    assert.deepEqual(written.filter((row) => !row.startsWith('from ')).toSorted(), coded.toSorted())
  })
})
