import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SharedTurns } from '../../src/webhooks/share-turns.ts'

/** Work that counts how often it is begun and ends when it is told to. */
function openWork() {
  const ends: PromiseWithResolvers<number>[] = []
  const work = () => {
    const end = Promise.withResolvers<number>()
    ends.push(end)
    return end.promise
  }
  return { work, begun: () => ends.length, end: (at: number) => ends[at]?.resolve(at), ends }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('turns that are shared', () => {
  it('are one for all who ask while another is under way', async () => {
    const turns = new SharedTurns<number>()
    const { work, begun, end } = openWork()
    const first = turns.take('sub', work)
    const later = [turns.take('sub', work), turns.take('sub', work), turns.take('sub', work)]
    assert.equal(begun(), 1)
    end(0)
    assert.equal(await first, 0)
    await settled()
    assert.equal(begun(), 2)
    end(1)
    assert.deepEqual(await Promise.all(later), [1, 1, 1])
    assert.equal(begun(), 2)
  })

  it('begin anew for whoever asks after one began, never joining what was read before', async () => {
    const turns = new SharedTurns<number>()
    const { work, begun, end } = openWork()
    const first = turns.take('sub', work)
    const second = turns.take('sub', work)
    end(0)
    await first
    await settled()
    const third = turns.take('sub', work)
    end(1)
    assert.equal(await second, 1)
    await settled()
    assert.equal(begun(), 3)
    end(2)
    assert.equal(await third, 2)
  })

  it('go past each other under other names', async () => {
    const turns = new SharedTurns<number>()
    const { work, begun, end } = openWork()
    const both = [turns.take('one', work), turns.take('two', work)]
    assert.equal(begun(), 2)
    end(0)
    end(1)
    assert.deepEqual(await Promise.all(both), [0, 1])
  })

  it('that fail fail for those who shared them, and the next is tried', async () => {
    const turns = new SharedTurns<number>()
    const { work, end, ends } = openWork()
    const first = turns.take('sub', work)
    const second = turns.take('sub', work)
    ends[0]?.reject(new Error('away'))
    await assert.rejects(first, /away/)
    await settled()
    end(1)
    assert.equal(await second, 1)
    const third = turns.take('sub', work)
    end(2)
    assert.equal(await third, 2)
  })
})
