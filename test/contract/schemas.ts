import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Schemas {
  folder: string
  checker: string
  /** Recorded events; null: the folder has none. */
  events: string | null
}

/** What keeps the contract from being checked, in one line. */
export class NoSchemas extends Error {
  override name = 'NoSchemas'
}

const needed = ['spec3.json', 'stripe-conformance.mjs']

/** The folder that STRIPE_SCHEMAS names; null: it names none. Throws NoSchemas for one without what is needed. */
export function findSchemas(folder: string | undefined): Schemas | null {
  if (!folder?.trim()) return null
  const missing = needed.filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0) {
    throw new NoSchemas(
      `STRIPE_SCHEMAS is ${folder}, which has no ${missing.join(' and no ')}: name the folder that holds ${needed.join(' and ')}.`,
    )
  }
  const events = join(folder, 'events')
  const hasEvents = existsSync(events) && statSync(events).isDirectory()
  return { folder, checker: join(folder, 'stripe-conformance.mjs'), events: hasEvents ? events : null }
}
