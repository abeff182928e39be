import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BadArguments, readOptions } from './options.ts'

describe('the arguments of a simulation', () => {
  it('may all be left out', () => {
    assert.deepEqual(readOptions([], 77), { readers: 200, years: 2, kills: 20, seed: 77 })
  })

  it('are taken in either form and any order', () => {
    const words = ['--seed=5', '--kills', '3', '--years', '0.5', '--readers=20']
    assert.deepEqual(readOptions(words, 1), { readers: 20, years: 0.5, kills: 3, seed: 5 })
  })

  for (const words of [
    ['--readers', 'many'],
    ['--readers', '0'],
    ['--readers', '1.5'],
    ['--readers', '-1'],
    ['--readers'],
    ['--readers', '2', '--readers', '3'],
    ['--years', '21'],
    ['--kills', '1e3'],
    ['--seed', '4294967296'],
    ['--reader', '3'],
    ['20'],
    ['--toString', '1'],
  ])
    it(`are refused in one line: ${words.join(' ')}`, () => {
      assert.throws(
        () => readOptions(words, 1),
        (error) => error instanceof BadArguments && !error.message.includes('\n'),
      )
    })
})
