import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type CartLine, priceCart } from '../../src/cart/price-cart.ts'
import { minorUnits, money } from '../../src/money/money.ts'
import type { Plan, PlanKind, Price } from '../../src/plans/plan.ts'
import type { PromotionCode } from '../../src/plans/promotion-code.ts'

const context = { currency: 'USD', locale: 'en-US', now: new Date('2026-11-22T12:00:00Z') }

function plan(id: string, kind: PlanKind = 'subscription'): Plan {
  const lastsMonths = kind === 'subscription' ? null : 12
  return {
    id,
    slug: id,
    name: id,
    summary: '',
    kind,
    opens: ['daily'],
    lastsMonths,
    active: true,
    stripeProductId: null,
  }
}

function price(id: string, amount: number): Price {
  return { id, amount: money(amount, 'USD'), interval: 'year', active: true, stripePriceId: null }
}

function line(changes: Partial<CartLine> = {}): CartLine {
  const seen = price('p1', 13_000)
  return { plan: plan('annual'), price: seen, current: seen, quantity: 1, ...changes }
}

function promotion(changes: Partial<PromotionCode> = {}): PromotionCode {
  return {
    id: 'x',
    code: 'HALF',
    percentOff: 50,
    amountOff: null,
    duration: 'once',
    planId: null,
    redemptionsLimit: null,
    redemptions: 0,
    oncePerReader: false,
    expiresAt: null,
    active: true,
    stripeCouponId: null,
    ...changes,
  }
}

describe('pricing a cart', () => {
  it('sums lines to a subtotal and takes a promotion off', () => {
    const cart = priceCart([line()], promotion(), context)
    assert.equal(minorUnits(cart.subtotal), 13_000)
    assert.equal(minorUnits(cart.discount), 6_500)
    assert.equal(minorUnits(cart.total), 6_500)
    assert.deepEqual(cart.problems, [])
  })

  it('is empty and free without lines', () => {
    const cart = priceCart([], null, context)
    assert.equal(minorUnits(cart.total), 0)
    assert.deepEqual(cart.problems, [])
  })

  it('names a changed price and keeps the one that was seen', () => {
    const cart = priceCart([line({ current: price('p2', 14_000) })], null, context)
    assert.equal(minorUnits(cart.subtotal), 13_000)
    assert.match(cart.problems[0] ?? '', /from \$130\.00 to \$140\.00/)
    assert.equal(cart.lines[0]?.acceptable, true)
  })

  it('takes a new price of the same amount for the same', () => {
    assert.deepEqual(priceCart([line({ current: price('p2', 13_000) })], null, context).problems, [])
  })

  it('refuses what is no longer sold, two subscriptions, and gifts for now', () => {
    const retired = line({ current: null })
    assert.match(priceCart([retired], null, context).problems[0] ?? '', /no longer sold/)
    const second = line({ plan: plan('monthly') })
    assert.match(priceCart([line(), second], null, context).problems[0] ?? '', /begin one subscription/)
    const gift = line({ plan: plan('gift', 'gift'), quantity: 3 })
    const cart = priceCart([gift], null, context)
    assert.equal(minorUnits(cart.subtotal), 39_000)
    assert.match(cart.problems[0] ?? '', /Gifts cannot be paid for yet/)
  })

  it('says why a code takes nothing off', () => {
    const problem = (changes: Partial<PromotionCode>) =>
      priceCart([line()], promotion(changes), context).problems[0] ?? ''
    assert.match(problem({ expiresAt: context.now }), /expired/)
    assert.match(problem({ redemptionsLimit: 2, redemptions: 2 }), /used up/)
    assert.match(problem({ active: false }), /not valid/)
    assert.match(problem({ planId: 'other' }), /not for what is in your cart/)
    assert.match(problem({ percentOff: null, amountOff: money(500, 'EUR') }), /not for this currency/)
  })

  it('never takes off more than there is, whatever the code', () => {
    const amounts = fc.integer({ min: 0, max: 1_000_000 })
    const codes = fc.oneof(
      fc.integer({ min: 1, max: 10_000 }).map((hundredths) => promotion({ percentOff: hundredths / 100 })),
      fc
        .integer({ min: 1, max: 2_000_000 })
        .map((amount) => promotion({ percentOff: null, amountOff: money(amount, 'USD') })),
    )
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 99 }), codes, (amount, quantity, code) => {
        const seen = price('p', amount)
        const cart = priceCart([line({ price: seen, current: seen, quantity })], code, context)
        const [subtotal, discount, total] = [cart.subtotal, cart.discount, cart.total].map(minorUnits)
        assert.equal(subtotal, amount * quantity)
        assert.ok(discount !== undefined && discount >= 0 && discount <= amount * quantity)
        assert.equal(total, amount * quantity - discount)
      }),
    )
  })
})
