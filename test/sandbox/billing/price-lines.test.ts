import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type AppliedDiscount, allocate, priceLines } from '../../../src/sandbox/billing/price-lines.ts'

const line = (subtotal: number, product = 'p', taxInclusive = false) => ({
  subtotal,
  product,
  taxInclusive,
  discountable: true,
})
const percent = (percentOff: number, products: string[] | null = null): AppliedDiscount => ({
  id: `percent${percentOff}`,
  percentOff,
  amountOff: null,
  products,
})
const amount = (amountOff: number): AppliedDiscount => ({
  id: `amount${amountOff}`,
  percentOff: null,
  amountOff,
  products: null,
})

describe('lines', () => {
  it('are lowered by one discount after the other', () => {
    const [priced] = priceLines([line(10_000)], [percent(20), amount(1000)], null)
    assert.deepEqual(priced?.discounts, [
      { id: 'percent20', amount: 2000 },
      { id: 'amount1000', amount: 1000 },
    ])
    assert.equal(priced?.total, 7000)
  })

  it('are lowered only where the discount is for them, and never below nothing', () => {
    const totals = priceLines([line(1000, 'a'), line(1000, 'b')], [percent(50, ['a'])], null).map(
      (one) => one.total,
    )
    assert.deepEqual(totals, [500, 1000])
    assert.deepEqual(
      priceLines([line(1000), line(500)], [amount(9999)], null).map((one) => one.total),
      [0, 0],
    )
    const credit = { ...line(-400), discountable: false }
    assert.deepEqual(
      priceLines([line(1000), credit], [percent(10)], null).map((one) => one.total),
      [900, -400],
    )
  })

  it('are taxed by the country, on top or inside', () => {
    const [added] = priceLines([line(10_000)], [], 'DE')
    assert.deepEqual([added?.tax?.amount, added?.total], [1900, 11_900])
    const [inside] = priceLines([line(11_900, 'p', true)], [], 'DE')
    assert.deepEqual([inside?.tax?.amount, inside?.tax?.taxable, inside?.total], [1900, 10_000, 11_900])
    assert.equal(priceLines([line(10_000)], [], 'US')[0]?.tax, null)
    const [lowered] = priceLines([line(10_000)], [percent(50)], 'FR')
    assert.equal(lowered?.total, 6000)
  })

  it('add up to the whole, whatever the discount', () => {
    const lines = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        lines,
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer({ min: 1, max: 100 }),
        (subtotals, off, share) => {
          const sum = subtotals.reduce((total, one) => total + one, 0)
          const byAmount = priceLines(
            subtotals.map((one) => line(one)),
            [amount(off)],
            null,
          )
          const left = byAmount.reduce((total, one) => total + one.total, 0)
          assert.equal(left, sum - Math.min(off, sum))
          const byShare = priceLines(
            subtotals.map((one) => line(one)),
            [percent(share)],
            null,
          )
          const taken = byShare.reduce((total, one) => total + one.discount, 0)
          assert.equal(taken, Math.round((sum * share) / 100))
          assert.ok([...byAmount, ...byShare].every((one) => one.total >= 0))
        },
      ),
    )
  })

  it('share a whole by weights without losing a unit', () => {
    assert.deepEqual(allocate(10, [1, 1, 1]), [4, 3, 3])
    assert.deepEqual(allocate(0, [1, 2]), [0, 0])
    assert.deepEqual(allocate(5, [0, 0]), [0, 0])
  })
})
