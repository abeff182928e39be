export interface Moment {
  iso: string
  text: string
}

export interface Calendar {
  /** 22 November 2026 */
  date: (at: Date) => Moment
  /** 22 November 2026, 17:00 */
  time: (at: Date) => Moment
  /** Sunday, 22 November 2026 */
  weekday: (at: Date) => string
}

/** Dates as the publication writes them: `locale` a BCP 47 tag, `zone` an IANA time zone. Throws RangeError for others. */
export function openCalendar(locale: string, zone: string): Calendar {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
    return (at: Date) => formatter.format(at)
  }
  const day = { day: 'numeric', month: 'long', year: 'numeric' } as const
  const date = format(day)
  const time = format({ ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return {
    date: (at) => ({ iso: at.toISOString(), text: date(at) }),
    time: (at) => ({ iso: at.toISOString(), text: time(at) }),
    weekday: format({ ...day, weekday: 'long' }),
  }
}
