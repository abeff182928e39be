import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openRandom } from './random.ts'

const draw = (seed: number | string, times = 200) => {
  const random = openRandom(seed)
  return Array.from({ length: times }, () => random.next())
}

describe('choices that a seed decides', () => {
  it('are the same for the same seed, and others for another', () => {
    assert.deepEqual(draw(3), draw(3))
    assert.notDeepEqual(draw(3), draw(4))
  })

  it('of one part are not changed by what another draws', () => {
    const busy = openRandom(9)
    busy.next()
    assert.equal(busy.fork('a').next(), openRandom(9).fork('a').next())
    assert.notEqual(busy.fork('a').next(), busy.fork('b').next())
  })

  it('are spread evenly from 0 up to 1', () => {
    const drawn = draw('even', 20_000)
    assert.ok(drawn.every((value) => value >= 0 && value < 1))
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = drawn.filter((value) => Math.floor(value * 10) === tenth).length / drawn.length
      assert.ok(Math.abs(share - 0.1) < 0.01, `${share} of them in tenth ${tenth}`)
    }
  })

  it('reach both ends of a range, and weigh what they pick', () => {
    const random = openRandom(1)
    const numbers = new Set(Array.from({ length: 200 }, () => random.between(2, 4)))
    assert.deepEqual([...numbers].toSorted(), [2, 3, 4])
    const names = Array.from({ length: 400 }, () => random.weigh({ often: 3, seldom: 1, never: 0 }))
    const often = names.filter((name) => name === 'often').length
    assert.ok(often > 250 && often < 350, `${often} of 400`)
    assert.ok(!names.includes('never'))
    assert.throws(() => random.pick([]), RangeError)
  })
})
