import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findTestCard, isCardNumber, testCards } from '../../../src/sandbox/payments/test-cards.ts'

describe('test cards', () => {
  it('have numbers that a card may have, each once', () => {
    for (const card of testCards) assert.ok(isCardNumber(card.number), card.number)
    assert.equal(new Set(testCards.map((card) => card.number)).size, testCards.length)
  })

  it('are found by their number alone', () => {
    assert.equal(findTestCard('4242424242424242')?.brand, 'visa')
    assert.equal(findTestCard('4111111111111111'), null)
    assert.equal(findTestCard(''), null)
  })

  it('are told from numbers with a wrong digit', () => {
    for (const number of ['4242424242424241', '42424242', '4242 4242 4242 4242', 'abcdabcdabcdabcd', '']) {
      assert.equal(isCardNumber(number), false, number)
    }
  })
})
