/** A moment as people read it, in UTC: "Sun 22 Nov 2026, 17:04:05". */
export function formatMoment(time: Date): string {
  return `${new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone: 'UTC',
  })
    .format(time)
    .replace(/,(?= \d)/, '')} UTC`
}
