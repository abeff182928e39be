/** The same day and time `months` later, in UTC; a day that the month lacks becomes its last (31 January + 1 = 28 or 29 February). */
export function addMonths(at: Date, months: number): Date {
  const monthIndex = at.getUTCMonth() + months
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), monthIndex + 1, 0)).getUTCDate()
  const moved = new Date(at)
  moved.setUTCFullYear(at.getUTCFullYear(), monthIndex, Math.min(at.getUTCDate(), lastDay))
  return moved
}
