import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lanes } from '../../../src/sandbox/events/lanes.ts'

describe('lanes', () => {
  const open = (...waiting: string[]) => {
    const lanes = new Lanes<string>((one) => one.charAt(0))
    for (const one of waiting) lanes.add(one)
    return lanes
  }

  it('let one of a lane go at a time, and others past it', () => {
    const lanes = open('a1', 'a2', 'b1', 'a3')
    assert.deepEqual([lanes.take(), lanes.take(), lanes.take()], ['a1', 'b1', undefined])
    assert.equal(lanes.waiting, 2)
    lanes.done('a1')
    assert.deepEqual([lanes.take(), lanes.take()], ['a2', undefined])
    lanes.done('a2')
    assert.equal(lanes.take(), 'a3')
    assert.equal(lanes.waiting, 0)
  })

  it('are free again after one that came to nothing', () => {
    const lanes = open('a1')
    assert.equal(lanes.take(), 'a1')
    assert.equal(lanes.take(), undefined)
    lanes.done('a1')
    lanes.add('a1')
    assert.equal(lanes.take(), 'a1')
  })
})
