import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidInput } from '../../src/errors.ts'
import { currencyCodes, currencyOf } from '../../src/money/currency.ts'
import { formatMoney, parseMoney } from '../../src/money/format-money.ts'
import * as m from '../../src/money/money.ts'

const code = fc.constantFrom(...currencyCodes)
const minor = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
const locale = fc.constantFrom(
  'en-US',
  'en-GB',
  'de-DE',
  'de-CH',
  'fr-FR',
  'ja-JP',
  'pt-BR',
  'en-IN',
  'ar-EG',
  'fa-IR',
)

describe('money', () => {
  it('adds in any order and any grouping', () => {
    fc.assert(
      fc.property(code, minor, minor, minor, (currency, a, b, c) => {
        const [x, y, z] = [m.money(a, currency), m.money(b, currency), m.money(c, currency)] as const
        assert.ok(m.equal(m.add(x, y), m.add(y, x)))
        assert.ok(m.equal(m.add(m.add(x, y), z), m.add(x, m.add(y, z))))
        assert.ok(m.equal(m.sum([x, y, z], currency), m.sum([z, x, y], currency)))
        assert.ok(m.equal(m.subtract(m.add(x, y), y), x))
      }),
    )
  })

  it('allocates parts that add up to the whole, none further than one unit from its share', () => {
    const ratios = fc
      .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 24 })
      .filter((list) => list.some((ratio) => ratio > 0))
    fc.assert(
      fc.property(code, minor, ratios, (currency, amount, shares) => {
        const whole = m.money(amount, currency)
        const parts = m.allocate(whole, shares)
        assert.equal(parts.length, shares.length)
        assert.ok(m.equal(m.sum(parts, currency), whole))
        const total = shares.reduce((a, b) => a + b, 0)
        for (const [index, part] of parts.entries()) {
          assert.ok(Math.abs(m.minorUnits(part) - (amount * (shares[index] ?? 0)) / total) < 1 + 1e-6)
        }
      }),
    )
  })

  it('multiplies as repeated addition', () => {
    fc.assert(
      fc.property(code, minor, fc.integer({ min: 0, max: 50 }), (currency, amount, quantity) => {
        const one = m.money(amount, currency)
        assert.ok(m.equal(m.times(one, quantity), m.sum(Array(quantity).fill(one), currency)))
      }),
    )
  })

  it('formats and parses back to the same amount, in every currency and locale', () => {
    fc.assert(
      fc.property(code, minor, locale, (currency, amount, place) => {
        const value = m.money(amount, currency)
        const text = formatMoney(value, place)
        assert.ok(m.equal(parseMoney(text, currency, place), value), `${text} in ${place}`)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes a percentage exactly, half a unit going away from zero', () => {
    assert.equal(m.minorUnits(m.percentOf(m.money(13000, 'USD'), 20)), 2600)
    assert.equal(m.minorUnits(m.percentOf(m.money(10, 'USD'), 25)), 3)
    assert.equal(m.minorUnits(m.percentOf(m.money(1005, 'USD'), 10)), 101)
    assert.equal(m.minorUnits(m.percentOf(m.money(999, 'JPY'), 12.5)), 125)
    fc.assert(
      fc.property(code, minor, (currency, amount) => {
        const whole = m.money(amount, currency)
        assert.ok(m.equal(m.percentOf(whole, 100), whole))
        assert.ok(m.isZero(m.percentOf(whole, 0)))
      }),
    )
  })

  it('writes what people expect', () => {
    assert.equal(formatMoney(m.money(13000, 'USD'), 'en-US'), '$130.00')
    assert.equal(formatMoney(m.money(500, 'JPY'), 'en-US'), '¥500')
    assert.equal(formatMoney(m.money(-407, 'USD'), 'en-US'), '−$4.07')
    assert.equal(formatMoney(m.money(-407, 'EUR'), 'de-DE'), '−4,07\u00a0€')
    assert.equal(formatMoney(m.money(1500, 'KWD'), 'en-US'), 'KWD\u00a01.500')
    assert.equal(formatMoney(m.money(13000, 'EUR'), 'de-DE'), '130,00\u00a0€')
    assert.equal(m.toDecimal(m.money(13000, 'USD')), '130.00')
    assert.equal(m.toDecimal(m.money(500, 'JPY')), '500')
    assert.equal(m.toDecimal(m.money(-5, 'USD')), '-0.05')
  })

  it('refuses to mix currencies', () => {
    const [dollar, euro] = [m.money(1, 'USD'), m.money(1, 'EUR')]
    for (const mix of [m.add, m.subtract, m.compare, m.equal, m.least])
      assert.throws(() => mix(dollar, euro), TypeError)
    assert.throws(() => m.sum([dollar], 'EUR'), TypeError)
  })

  it('refuses fractions of a minor unit and what no safe integer holds', () => {
    assert.throws(() => m.money(1.5, 'USD'), RangeError)
    assert.throws(() => m.money(Number.NaN, 'USD'), RangeError)
    assert.throws(() => m.times(m.money(1, 'USD'), 0.5), RangeError)
    assert.throws(() => m.times(m.money(Number.MAX_SAFE_INTEGER, 'USD'), 2), RangeError)
    assert.throws(() => m.add(m.money(Number.MAX_SAFE_INTEGER, 'USD'), m.money(1, 'USD')), RangeError)
  })

  it('knows decimal currencies in either case and no other', () => {
    assert.equal(currencyOf('usd').exponent, 2)
    assert.throws(() => currencyOf('XYZ'), InvalidInput)
    assert.throws(() => currencyOf('MGA'), InvalidInput)
  })

  it('refuses text that is no amount', () => {
    for (const text of ['', '$', 'ten', '1.234', '1..2', '$1.00x', '--1', '1e5', '99999999999999999999']) {
      assert.throws(() => parseMoney(text, 'USD', 'en-US'), InvalidInput, text)
    }
  })
})
