import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addMonths, periodEnd } from '../../../src/sandbox/billing/periods.ts'

const at = (text: string) => Date.parse(`${text}T10:30:00Z`) / 1000
const day = (time: number) => new Date(time * 1000).toISOString().slice(0, 10)
const monthly = { interval: 'month', interval_count: 1 } as const

describe('periods', () => {
  it('end on the anchor’s day, or the last of a shorter month, and come back to it', () => {
    const anchor = at('2027-01-31')
    const ends: string[] = []
    for (let start = anchor; ends.length < 5; start = periodEnd(anchor, start, monthly)) {
      ends.push(day(periodEnd(anchor, start, monthly)))
    }
    assert.deepEqual(ends, ['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31', '2027-06-30'])
  })

  it('know leap years, weeks and days', () => {
    const leap = at('2028-02-29')
    assert.equal(day(periodEnd(leap, leap, { interval: 'year', interval_count: 1 })), '2029-02-28')
    assert.equal(
      day(periodEnd(leap, at('2031-02-28'), { interval: 'year', interval_count: 1 })),
      '2032-02-29',
    )
    assert.equal(day(periodEnd(leap, leap, { interval: 'week', interval_count: 2 })), '2028-03-14')
    assert.equal(day(periodEnd(leap, leap, { interval: 'day', interval_count: 3 })), '2028-03-03')
    assert.equal(day(periodEnd(leap, leap, { interval: 'month', interval_count: 3 })), '2028-05-29')
  })

  it('of any anchor are in order and never skip a month', () => {
    const anchors = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(anchors, (date) => {
        const anchor = Math.floor(date.getTime() / 1000)
        let start = anchor
        for (let month = 1; month <= 24; month++) {
          const end = periodEnd(anchor, start, monthly)
          assert.equal(end, addMonths(anchor, month))
          assert.ok(end - start >= 28 * 86_400 && end - start <= 31 * 86_400)
          start = end
        }
      }),
    )
  })
})
