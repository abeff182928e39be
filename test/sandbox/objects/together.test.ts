import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Together } from '../../../src/sandbox/objects/together.ts'

describe('questions asked together', () => {
  it('are answered by one call, each once', async () => {
    const calls: string[][] = []
    const together = new Together(async (questions) => calls.push(questions))
    await Promise.all(['a', 'b', 'a'].map((question) => together.ask(question)))
    await together.ask('a')
    assert.deepEqual(calls, [['a', 'b'], ['a']])
  })

  it('fail together, and the next are asked anew', async () => {
    let broken = true
    const together = new Together(async (questions) => {
      if (broken) throw new Error('broken')
      return questions.length
    })
    const failed = await Promise.allSettled([together.ask('a'), together.ask('b')])
    assert.deepEqual(
      failed.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    broken = false
    assert.equal(await together.ask('a'), 1)
  })
})
