export interface Interval {
  interval: 'day' | 'week' | 'month' | 'year'
  interval_count: number
}

const DAY = 86_400

/**
 * The end of the period that starts at `start`, for a cycle anchored at `anchor` (all in seconds, UTC). Months that lack
 * the anchor's day end on their last, and later months go back to it: 31 January, 28 February, 31 March.
 */
export function periodEnd(anchor: number, start: number, every: Interval): number {
  if (every.interval === 'day') return start + DAY * every.interval_count
  if (every.interval === 'week') return start + 7 * DAY * every.interval_count
  const months = every.interval_count * (every.interval === 'year' ? 12 : 1)
  return addMonths(anchor, monthsBetween(anchor, start) + months)
}

function monthsBetween(from: number, to: number): number {
  const [a, b] = [new Date(from * 1000), new Date(to * 1000)]
  return (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth()
}

/** `time` so many months later, on the same day of the month or the month's last. */
export function addMonths(time: number, months: number): number {
  const date = new Date(time * 1000)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  date.setUTCDate(Math.min(day, daysInMonth(date)))
  return date.getTime() / 1000
}

function daysInMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}

export function yearOf(time: number): number {
  return new Date(time * 1000).getUTCFullYear()
}
