/** A calendar month as a number that grows by one from each to the next: 12 times the year, and January is 0. */
export type Month = number

/** The month in which a moment is, where the publication is; `zone` an IANA time zone. */
export function monthOf(at: Date, zone: string): Month {
  const parts = formatterFor(zone).formatToParts(at)
  const numberOf = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return numberOf('year') * 12 + numberOf('month') - 1
}

/** "2026-11" */
export function monthText(month: Month): string {
  const year = String(Math.floor(month / 12)).padStart(4, '0')
  return `${year}-${String((month % 12) + 1).padStart(2, '0')}`
}

/** The inverse of `monthText`, from the year 2000 to 2999; null: it is none. */
export function parseMonth(text: string): Month | null {
  const match = /^(2\d{3})-(0[1-9]|1[0-2])$/.exec(text)
  return match ? Number(match[1]) * 12 + Number(match[2]) - 1 : null
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterFor(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known) return known
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, year: 'numeric', month: 'numeric' })
  formatters.set(zone, formatter)
  return formatter
}
