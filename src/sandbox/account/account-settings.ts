import { z } from 'zod'
import { exchangeable } from './exchange-rates.ts'

const shape = z.object({
  settlement_currency: z.enum(exchangeable).nullable().default(null),
  balance_delay_s: z.coerce
    .number()
    .int()
    .min(0)
    .max(90 * 86_400)
    .default(0),
})

/**
 * How the account is paid. `settlement_currency`: every amount arrives in it, exchanged; null: each in its own currency.
 * `balance_delay_s`: for so many seconds of the sandbox's time a charge has no balance transaction.
 */
export type AccountSettings = z.infer<typeof shape>

/** What is stored, with what is absent as it is at first. */
export function parseAccountSettings(stored: unknown): AccountSettings {
  return shape.parse(stored)
}

/** The settings after a form or JSON body, of which an empty currency means none; or what a person did wrong as text. */
export function changeAccountSettings(
  present: AccountSettings,
  body: Record<string, unknown>,
): AccountSettings | { problem: string } {
  const unknown = Object.keys(body).find((name) => !(name in present))
  if (unknown) {
    return { problem: `There is no setting named ${unknown}. There are: ${Object.keys(present).join(', ')}.` }
  }
  const given = { ...body, ...(body.settlement_currency === '' ? { settlement_currency: null } : {}) }
  const parsed = shape.safeParse({ ...present, ...given })
  if (parsed.success) return parsed.data
  return {
    problem:
      parsed.error.issues[0]?.path[0] === 'settlement_currency'
        ? `settlement_currency must be empty or one of ${exchangeable.join(', ')}.`
        : 'balance_delay_s must be a whole number of seconds up to 7776000.',
  }
}
