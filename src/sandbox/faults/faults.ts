import { z } from 'zod'

const probability = z.coerce.number().min(0).max(1).default(0)

const shape = z.object({
  duplicate: probability,
  delay_ms: z.coerce.number().int().min(0).max(600_000).default(0),
  reorder: probability,
  drop: probability,
  api_failure: probability,
  api_failure_after: probability,
  rate_limit: probability,
})

/**
 * What goes wrong on purpose, each as a probability from 0 to 1: a webhook sent twice (`duplicate`), held back behind
 * later ones (`reorder`) or never sent (`drop`); an API call answered 500 before it did anything (`api_failure`) or after
 * (`api_failure_after`), or 429 (`rate_limit`). `delay_ms` holds every webhook back by up to as many milliseconds.
 */
export type Faults = z.infer<typeof shape>
export const faultNames = Object.keys(shape.shape)

/** What is stored, with what is absent switched off. */
export function parseFaults(stored: unknown): Faults {
  return shape.parse(stored)
}

/**
 * The faults after a form or JSON body: `reset` (anything but empty) first switches all off, then each named one is
 * set. Resolves to what a person did wrong as text.
 */
export function changeFaults(present: Faults, body: Record<string, unknown>): Faults | { problem: string } {
  const { reset, ...named } = body
  const unknown = Object.keys(named).find((name) => !faultNames.includes(name))
  if (unknown)
    return { problem: `There is no fault named ${unknown}. There are: ${faultNames.join(', ')}, reset.` }
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== ''))
  const parsed = shape.safeParse({ ...(reset ? {} : present), ...given })
  if (parsed.success) return parsed.data
  const name = String(parsed.error.issues[0]?.path[0])
  return {
    problem: `${name} must be ${name === 'delay_ms' ? 'a whole number of milliseconds up to 600000' : 'a number from 0 to 1'}.`,
  }
}
