import type { SourceName } from './sources/source.ts'
import { sourceNames } from './sources/table.ts'

/** catching up: events that never came are taken first · suspects: what may differ is looked at again. */
export type Stage = 'catching up' | SourceName | 'suspects'

export const stages: readonly Stage[] = ['catching up', ...sourceNames, 'suspects']

/** One look at everything that Stripe and we hold. */
export interface Comparison {
  id: string
  /** An address of staff; null: it was due. */
  askedBy: string | null
  startedAt: Date
  /** What is younger waits for its events. */
  asOf: Date
  stage: Stage
  /** The last that was looked at in this stage; null: none yet. */
  place: string | null
  lookedAt: number
  found: number
  closed: number
  /** Why it stopped the last time; null: it did not. */
  lastError: string | null
  finishedAt: Date | null
}

/** null: it was the last. */
export function stageAfter(stage: Stage): Stage | null {
  return stages[stages.indexOf(stage) + 1] ?? null
}

/** Events are asked for every few minutes: what is younger than this may only be on its way. */
export const reconcileIntervalMinutes = 5

const nightHour = 3

/** The latest three o'clock at night at or before `now` in `zone`, an IANA time zone. */
export function latestNight(now: Date, zone: string): Date {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const quarter = 15 * 60_000
  // Zones differ by quarters of an hour, and a day with a change of clocks has up to 25 hours.
  for (let at = Math.floor(now.getTime() / quarter) * quarter; ; at -= quarter)
    if (format.format(at) === `0${nightHour}:00`) return new Date(at)
}
