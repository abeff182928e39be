import { add, allocate, isZero, least, type Money, minorUnits, negate, subtract } from '../money/money.ts'
import type { Term } from './bill.ts'
import { type Month, monthOf } from './month.ts'

/** What was paid at once, and what became of it. Amounts are without tax, after discounts, in one currency. */
export interface Sale {
  paidAt: Date
  terms: Term[]
  refunds: { amount: Money; at: Date; undoneAt: Date | null }[]
  /** When what was paid for ended before its time; null: it did not, or has not yet. */
  endedAt: Date | null
}

export type Earnings = Map<Month, Money>

/**
 * What a term earns: equal shares in as many calendar months of the publication's zone as it was sold for, beginning with
 * the month in which it starts; cents that do not divide go to the first. It is Stripe's "evenly by month"
 * (https://docs.stripe.com/revenue-recognition/revenue-settings/examples, read 2026-11-22), not a count of days.
 */
export function earnedOfTerm({ amount, startsAt, months }: Term, zone: string): Earnings {
  const first = monthOf(startsAt, zone)
  const shares = allocate(amount, Array<number>(months).fill(1))
  return new Map(shares.map((share, index) => [first + index, share]))
}

/**
 * What a sale earns in each month, adding up to what was paid less what was given back. Nothing is earned before it is paid.
 * A refund takes back what is not yet earned first, each month to come giving its part, and then from its own month; one
 * that is undone gives back to the months that it took from, or to its own where they are past. When it ends early, what is
 * left is earned then: nothing is owed for it any more.
 */
export function earnedOf(sale: Sale, zone: string): Earnings {
  const earnings: Earnings = new Map()
  const paidIn = monthOf(sale.paidAt, zone)
  for (const term of sale.terms)
    for (const [month, amount] of earnedOfTerm(term, zone)) put(earnings, Math.max(month, paidIn), amount)
  for (const change of changesOf(sale)) change(earnings, zone)
  return new Map([...earnings].filter(([, amount]) => !isZero(amount)).toSorted(([a], [b]) => a - b))
}

type Change = (earnings: Earnings, zone: string) => void

/** What happened to it since, in the order of time. */
function changesOf({ refunds, endedAt }: Sale): Change[] {
  const changes: { at: Date; change: Change }[] = refunds.flatMap(({ amount, at, undoneAt }) => {
    let taken: Earnings = new Map()
    const take: Change = (earnings, zone) => {
      taken = takeBack(earnings, amount, monthOf(at, zone))
    }
    const undo: Change = (earnings, zone) => {
      if (undoneAt) giveBack(earnings, taken, monthOf(undoneAt, zone))
    }
    return [{ at, change: take }, ...(undoneAt ? [{ at: undoneAt, change: undo }] : [])]
  })
  if (endedAt)
    changes.push({ at: endedAt, change: (earnings, zone) => end(earnings, monthOf(endedAt, zone)) })
  return changes.toSorted((a, b) => a.at.getTime() - b.at.getTime()).map(({ change }) => change)
}

/** Returns what was taken from each month. */
function takeBack(earnings: Earnings, amount: Money, month: Month): Earnings {
  const open = [...earnings].filter(([one, left]) => one > month && minorUnits(left) > 0)
  const nothing = subtract(amount, amount)
  const deferred = open.reduce((sum, [, left]) => add(sum, left), nothing)
  const fromOpen = least(amount, deferred)
  const parts = isZero(deferred)
    ? []
    : allocate(
        fromOpen,
        open.map(([, left]) => minorUnits(left)),
      )
  const taken: Earnings = new Map(open.map(([one], index) => [one, parts[index] ?? nothing]))
  put(taken, month, subtract(amount, fromOpen))
  for (const [one, part] of taken) put(earnings, one, negate(part))
  return taken
}

function giveBack(earnings: Earnings, taken: Earnings, month: Month): void {
  for (const [one, part] of taken) put(earnings, Math.max(one, month), part)
}

function end(earnings: Earnings, month: Month): void {
  for (const [one, left] of [...earnings]) {
    if (one <= month) continue
    earnings.delete(one)
    put(earnings, month, left)
  }
}

function put(earnings: Earnings, month: Month, amount: Money): void {
  const known = earnings.get(month)
  earnings.set(month, known ? add(known, amount) : amount)
}
