import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type Stripe from 'stripe'
import { type Bill, billOfInvoice, netOf } from '../../src/ledger/bill.ts'
import { taxIn } from '../../src/ledger/post-refund.ts'
import { type Money, minorUnits, money } from '../../src/money/money.ts'

const start = 1_795_000_000
const day = 86_400

interface Line {
  amount: number
  days: number
  discount?: number
  tax?: { amount: number; inclusive: boolean }
}

/** As Stripe has a paid invoice, as far as a bill needs it. */
function invoice(lines: Line[], figures: { total: number; paid: number; discount?: number; tax?: number }) {
  return {
    created: start,
    currency: 'usd',
    total: figures.total,
    amount_paid: figures.paid,
    total_discount_amounts: [{ amount: figures.discount ?? 0, discount: 'di_1' }],
    total_taxes: [{ amount: figures.tax ?? 0 }],
    lines: { data: lines.map(line) },
  } as unknown as Stripe.Invoice
}

function line({ amount, days, discount, tax }: Line) {
  const behavior = tax?.inclusive ? 'inclusive' : 'exclusive'
  return {
    amount,
    currency: 'usd',
    period: { start, end: start + days * day },
    discount_amounts: discount ? [{ amount: discount, discount: 'di_1' }] : [],
    taxes: tax ? [{ amount: tax.amount, tax_behavior: behavior }] : [],
    pricing: null,
  }
}

function figuresOf(bill: Bill) {
  const { paid, credit, discount, tax } = bill
  return [paid, credit, discount, tax, netOf(bill)].map(minorUnits)
}

function termsOf(bill: Bill) {
  return bill.terms.map((term) => [minorUnits(term.amount), term.months])
}

describe('what an invoice billed', () => {
  it('has the discount and the tax apart, whether prices include it or not', () => {
    const exclusive = [{ amount: 13000, days: 365, discount: 2600, tax: { amount: 1976, inclusive: false } }]
    const one = billOfInvoice(invoice(exclusive, { total: 12376, paid: 12376, discount: 2600, tax: 1976 }))
    assert.deepEqual(figuresOf(one), [12376, 0, 2600, 1976, 10400])
    assert.deepEqual(termsOf(one), [[10400, 12]])
    const inclusive = [{ amount: 11900, days: 31, tax: { amount: 1900, inclusive: true } }]
    const other = billOfInvoice(invoice(inclusive, { total: 11900, paid: 11900, tax: 1900 }))
    assert.deepEqual(figuresOf(other), [11900, 0, 0, 1900, 10000])
    assert.deepEqual(termsOf(other), [[10000, 1]])
  })

  it('gives credit in a change to less, and takes it in the next', () => {
    const change = [
      { amount: -6500, days: 182 },
      { amount: 650, days: 15 },
    ]
    const less = billOfInvoice(invoice(change, { total: -5850, paid: 0 }))
    assert.deepEqual(figuresOf(less), [0, -5850, 0, 0, -5850])
    assert.deepEqual(termsOf(less), [
      [-6500, 6],
      [650, 1],
    ])
    const next = billOfInvoice(invoice([{ amount: 1300, days: 30 }], { total: 1300, paid: 0 }))
    assert.deepEqual(figuresOf(next), [0, 1300, 0, 0, 1300])
  })

  it('in a trial is nothing', () => {
    assert.deepEqual(termsOf(billOfInvoice(invoice([{ amount: 0, days: 14 }], { total: 0, paid: 0 }))), [])
  })

  it('has terms that add up though not every line is shown', () => {
    const bill = billOfInvoice(invoice([{ amount: 1000, days: 30 }], { total: 1500, paid: 1500 }))
    assert.deepEqual(termsOf(bill), [[1500, 1]])
  })

  it('in krónur balances whatever fractions Stripe computed', () => {
    const fraction = fc.integer({ min: 0, max: 999_999 })
    fc.assert(
      fc.property(fraction, fraction, fraction, (amount, discount, tax) => {
        const figures = { total: amount + tax - discount, paid: amount + tax - discount, discount, tax }
        const lines = [{ amount, days: 17, discount, tax: { amount: tax, inclusive: false } }]
        const bill = billOfInvoice({
          ...invoice(lines, figures),
          currency: 'isk',
          lines: { data: lines.map((one) => ({ ...line(one), currency: 'isk' })) },
        } as unknown as Stripe.Invoice)
        const terms = bill.terms.reduce((sum, term) => sum + minorUnits(term.amount), 0)
        assert.equal(terms, minorUnits(netOf(bill)))
        assert.ok(Math.abs(minorUnits(bill.paid) * 100 - figures.paid) <= 50)
      }),
    )
  })

  it('counts every month, a leap year’s February included, as one, and a year as twelve', () => {
    const months = (days: number) =>
      billOfInvoice(invoice([{ amount: 100, days }], { total: 100, paid: 100 })).terms[0]?.months
    for (const days of [1, 28, 29, 30, 31]) assert.equal(months(days), 1)
    for (const days of [365, 366]) assert.equal(months(days), 12)
    assert.equal(months(91), 3)
  })
})

describe('the tax in a refund', () => {
  const dollars = (cents: number): Money => money(cents, 'USD')
  const paid = { paid: dollars(11900), tax: dollars(1900), refunded: dollars(0), taxRefunded: dollars(0) }

  it('is in its proportion, and all of it in the whole', () => {
    assert.equal(minorUnits(taxIn(dollars(5950), paid)), 950)
    assert.equal(minorUnits(taxIn(dollars(11900), paid)), 1900)
  })

  it('is nothing where the payment is not known, or had none', () => {
    const none = { paid: dollars(0), tax: dollars(0), refunded: dollars(0), taxRefunded: dollars(0) }
    assert.equal(minorUnits(taxIn(dollars(500), none)), 0)
    assert.equal(minorUnits(taxIn(dollars(500), { ...none, paid: dollars(1000) })), 0)
  })

  it('adds up to the payment’s tax over any parts', () => {
    const anyParts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(anyParts, fc.integer({ min: 0, max: 30 }), (parts, percent) => {
        const total = parts.reduce((sum, part) => sum + part, 0)
        const tax = Math.round((total * percent) / 100)
        let [refunded, taxRefunded] = [0, 0]
        for (const part of parts) {
          const so = { refunded: dollars(refunded), taxRefunded: dollars(taxRefunded) }
          const share = minorUnits(taxIn(dollars(part), { paid: dollars(total), tax: dollars(tax), ...so }))
          assert.ok(Math.abs(share - (part * tax) / total) <= 2)
          refunded += part
          taxRefunded += share
        }
        assert.equal(taxRefunded, tax)
      }),
    )
  })
})
