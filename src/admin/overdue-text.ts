import type { Overdue } from '../entitlements/overdue.ts'
import type { Calendar } from '../http/moment.ts'

/** "Payment overdue since 3 December 2026; reads on until 10 December 2026 (grace of 7 days, GRACE_PAST_DUE_DAYS)" */
export function overdueText(calendar: Calendar, overdue: Overdue): string {
  const since = overdue.since ? ` since ${calendar.date(overdue.since).text}` : ''
  const until = calendar.date(overdue.readsUntil).text
  const reads = overdue.isOver ? `reading ended on ${until}` : `reads on until ${until}`
  return `Payment overdue${since}; ${reads} (grace of ${overdue.graceDays} days, GRACE_PAST_DUE_DAYS)`
}
