import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { currencyCodes, currencyOf } from '../../src/money/currency.ts'
import { equal, minorUnits, money, negate } from '../../src/money/money.ts'
import { fromStripeAmount, toStripeAmount } from '../../src/stripe/amounts.ts'

describe("Stripe's amounts", () => {
  it('are ours for most currencies', () => {
    assert.equal(toStripeAmount(money(13000, 'USD')), 13000)
    assert.equal(toStripeAmount(money(500, 'JPY')), 500)
    assert.equal(toStripeAmount(money(1230, 'KWD')), 1230)
  })

  it('are a hundredfold in ISK and UGX, which have no decimals and are sent with two', () => {
    assert.equal(toStripeAmount(money(1990, 'ISK')), 199_000)
    assert.equal(toStripeAmount(money(5000, 'UGX')), 500_000)
    assert.equal(minorUnits(fromStripeAmount(199_000, 'isk')), 1990)
  })

  it('may bear a fraction of one ISK or UGX, which is rounded and never refused', () => {
    const rounded = [40_10, 40_50, 49, 50, 0, -49, -50, -40_50].map((amount) =>
      minorUnits(fromStripeAmount(amount, 'isk')),
    )
    assert.deepEqual(rounded, [40, 41, 0, 1, 0, 0, -1, -41])
    fc.assert(
      fc.property(
        fc.constantFrom('isk', 'UGX'),
        fc.integer({ min: -99_999_999, max: 99_999_999 }),
        (code, amount) => {
          const ours = fromStripeAmount(amount, code)
          assert.ok(Math.abs(toStripeAmount(ours) - amount) <= 50)
          assert.ok(equal(fromStripeAmount(-amount, code), negate(ours)))
        },
      ),
    )
  })

  it('go in steps of ten in three-decimal currencies', () => {
    for (const code of ['KWD', 'BHD', 'JOD', 'OMR', 'TND'])
      assert.throws(() => toStripeAmount(money(1005, code)), RangeError)
  })

  it('come back as they went, in every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencyCodes),
        fc.integer({ min: 0, max: 99_999_999 }),
        (code, amount) => {
          const ours = money(currencyOf(code).exponent === 3 ? amount * 10 : amount, code)
          assert.ok(equal(fromStripeAmount(toStripeAmount(ours), code.toLowerCase()), ours))
        },
      ),
    )
  })
})
