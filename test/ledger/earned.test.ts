import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { earnedOf, earnedOfTerm, type Sale } from '../../src/ledger/earned.ts'
import { monthOf, monthText, parseMonth } from '../../src/ledger/month.ts'
import { type Money, minorUnits, money } from '../../src/money/money.ts'

function texts(earnings: Map<number, Money>): string[] {
  return [...earnings].map(([month, amount]) => `${monthText(month)} ${minorUnits(amount)}`)
}

function total(earnings: Map<number, Money>): number {
  return [...earnings.values()].reduce((sum, amount) => sum + minorUnits(amount), 0)
}

function year(paidAt: string, more: Partial<Sale> = {}): Sale {
  const at = new Date(paidAt)
  const terms = [{ amount: money(13000, 'USD'), startsAt: at, months: 12 }]
  return { paidAt: at, terms, refunds: [], endedAt: null, ...more }
}

const zones = ['UTC', 'Asia/Baghdad', 'America/Los_Angeles', 'Pacific/Kiritimati']
const anyCurrency = fc.constantFrom('USD', 'JPY', 'KWD', 'EUR')
const anyDay = fc.date({ min: new Date('2023-01-01'), max: new Date('2032-12-31'), noInvalidDate: true })
const anyTerm = fc.record({
  amount: fc.integer({ min: 0, max: 1_000_000_000 }),
  startsAt: anyDay,
  months: fc.integer({ min: 1, max: 60 }),
})

describe('what a payment earns', () => {
  it('of a year’s $130.00 is twelve months that add up to the cent', () => {
    const months = earnedOfTerm(
      { amount: money(13000, 'USD'), startsAt: new Date('2026-11-22'), months: 12 },
      'UTC',
    )
    assert.deepEqual(texts(months), [
      '2026-11 1084',
      '2026-12 1084',
      '2027-01 1084',
      '2027-02 1084',
      '2027-03 1083',
      '2027-04 1083',
      '2027-05 1083',
      '2027-06 1083',
      '2027-07 1083',
      '2027-08 1083',
      '2027-09 1083',
      '2027-10 1083',
    ])
    assert.equal(total(months), 13000)
  })

  it('of any amount, period, currency and zone adds up, in equal months from its first', () => {
    fc.assert(
      fc.property(anyTerm, anyCurrency, fc.constantFrom(...zones), (term, currency, zone) => {
        const earned = earnedOfTerm({ ...term, amount: money(term.amount, currency) }, zone)
        const amounts = [...earned.values()].map(minorUnits)
        assert.equal(total(earned), term.amount)
        assert.ok(Math.max(...amounts) - Math.min(...amounts) <= 1)
        const first = monthOf(term.startsAt, zone)
        assert.deepEqual(
          [...earned.keys()],
          Array.from({ length: term.months }, (_, index) => first + index),
        )
      }),
    )
  })

  it('begins in the month of the publication’s zone, at month ends and in leap years too', () => {
    const first = (at: string, zone: string) => monthText(monthOf(new Date(at), zone))
    assert.equal(first('2026-11-30T21:30:00Z', 'Asia/Baghdad'), '2026-12')
    assert.equal(first('2026-12-31T23:59:59Z', 'America/Los_Angeles'), '2026-12')
    assert.equal(first('2028-02-29T12:00:00Z', 'UTC'), '2028-02')
    const months = earnedOfTerm(
      { amount: money(1200, 'USD'), startsAt: new Date('2027-01-31T12:00:00Z'), months: 3 },
      'UTC',
    )
    assert.deepEqual(texts(months), ['2027-01 400', '2027-02 400', '2027-03 400'])
  })

  it('is nothing before it is paid', () => {
    const late = year('2026-11-22', { paidAt: new Date('2027-01-03') })
    assert.deepEqual(texts(earnedOf(late, 'UTC')).slice(0, 2), ['2027-01 3252', '2027-02 1084'])
  })
})

describe('what was given back', () => {
  it('is taken from the months to come', () => {
    const refund = { amount: money(3000, 'USD'), at: new Date('2027-01-10'), undoneAt: null }
    const earned = earnedOf(year('2026-11-22', { refunds: [refund] }), 'UTC')
    assert.deepEqual(texts(earned).slice(0, 4), [
      '2026-11 1084',
      '2026-12 1084',
      '2027-01 1084',
      '2027-02 750',
    ])
    assert.equal(total(earned), 10000)
  })

  it('in full leaves what was earned as earned before, and takes it back in its month', () => {
    const refund = { amount: money(13000, 'USD'), at: new Date('2027-01-10'), undoneAt: null }
    assert.deepEqual(texts(earnedOf(year('2026-11-22', { refunds: [refund] }), 'UTC')), [
      '2026-11 1084',
      '2026-12 1084',
      '2027-01 -2168',
    ])
  })

  it('comes back when it failed, to the months that are still to come', () => {
    const at = new Date('2027-01-10')
    const refund = { amount: money(13000, 'USD'), at, undoneAt: new Date('2027-01-12') }
    const whole = earnedOf(year('2026-11-22'), 'UTC')
    assert.deepEqual(texts(earnedOf(year('2026-11-22', { refunds: [refund] }), 'UTC')), texts(whole))
    const later = { ...refund, undoneAt: new Date('2027-03-01') }
    const earned = earnedOf(year('2026-11-22', { refunds: [later] }), 'UTC')
    assert.equal(total(earned), 13000)
    assert.equal(texts(earned)[2], '2027-01 -2168')
  })

  it('is all that any sale loses: the months add up to what was kept', () => {
    const anyRefund = fc.record({ share: fc.integer({ min: 0, max: 50 }), at: anyDay, undone: fc.boolean() })
    const any = fc.tuple(anyTerm, fc.array(anyRefund, { maxLength: 2 }), fc.option(anyDay), anyCurrency)
    fc.assert(
      fc.property(any, fc.constantFrom(...zones), ([term, some, endedAt, currency], zone) => {
        const refunds = some.map(({ share, at, undone }) => ({
          amount: money(Math.floor((term.amount * share) / 100), currency),
          at,
          undoneAt: undone ? new Date(at.getTime() + 40 * 86_400_000) : null,
        }))
        const terms = [{ ...term, amount: money(term.amount, currency) }]
        const earned = earnedOf({ paidAt: term.startsAt, terms, refunds, endedAt }, zone)
        const back = refunds.filter(({ undoneAt }) => !undoneAt)
        const lost = back.reduce((sum, { amount }) => sum + minorUnits(amount), 0)
        assert.equal(total(earned), term.amount - lost)
      }),
    )
  })
})

describe('what ends early', () => {
  it('has earned all that was kept', () => {
    const ended = year('2026-11-22', { endedAt: new Date('2027-01-10') })
    assert.deepEqual(texts(earnedOf(ended, 'UTC')), ['2026-11 1084', '2026-12 1084', '2027-01 10832'])
  })

  it('and is refunded in part the same day, keeps the rest', () => {
    const refunds = [{ amount: money(9748, 'USD'), at: new Date('2027-01-10T10:00:00Z'), undoneAt: null }]
    const ended = year('2026-11-22', { refunds, endedAt: new Date('2027-01-10T11:00:00Z') })
    assert.deepEqual(texts(earnedOf(ended, 'UTC')), ['2026-11 1084', '2026-12 1084', '2027-01 1084'])
  })

  it('gives back in a change of plan what it had not earned', () => {
    const change = new Date('2027-01-22')
    const credit = { amount: money(-10833, 'USD'), startsAt: change, months: 10 }
    const dearer = { amount: money(20000, 'USD'), startsAt: change, months: 10 }
    const changed = earnedOf({ paidAt: change, terms: [credit, dearer], refunds: [], endedAt: null }, 'UTC')
    assert.equal(total(changed), 9167)
    assert.deepEqual(texts(changed)[0], '2027-01 916')
  })
})

describe('a month', () => {
  it('is read as it is written, and nothing else is one', () => {
    for (const text of ['2026-01', '2026-12', '2000-05'])
      assert.equal(monthText(parseMonth(text) ?? -1), text)
    for (const text of ['', '2026', '2026-13', '2026-00', '2026-1', '2026-11-01', 'x', '0000-01', '9999-12'])
      assert.equal(parseMonth(text), null)
  })
})
