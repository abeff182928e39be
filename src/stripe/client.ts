import Stripe from 'stripe'

/** What the sandbox takes; Stripe itself would refuse them. */
export const sandboxKeys = { secretKey: 'sk_test_sandbox', webhookSecret: 'whsec_sandbox' } as const

/** A client for Stripe, or for whatever speaks its API at `apiBase` (an http or https address without a path). */
export function openStripe(secretKey: string, apiBase: string | null): Stripe {
  return new Stripe(secretKey, {
    maxNetworkRetries: 2,
    timeout: 10_000,
    telemetry: false,
    appInfo: { name: 'Newsstand' },
    ...(apiBase ? addressOf(apiBase) : {}),
  })
}

function addressOf(apiBase: string) {
  const { protocol, hostname, port } = new URL(apiBase)
  const secure = protocol === 'https:'
  return {
    host: hostname,
    port: port || (secure ? 443 : 80),
    protocol: secure ? ('https' as const) : ('http' as const),
  }
}

/** Whether Stripe refused because there is no such object (any more, or on this account). */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing'
}

/** What `call` resolves to; null where Stripe has no such object (any more). Throws what else the client throws. */
export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** An id, whether the field holds it or the whole object; null for null. */
export function idOf(field: string | { id: string } | null | undefined): string | null {
  if (!field) return null
  return typeof field === 'string' ? field : field.id
}

/** Stripe's seconds as a date; null for null. */
export function dateOf(seconds: number): Date
export function dateOf(seconds: number | null | undefined): Date | null
export function dateOf(seconds: number | null | undefined): Date | null {
  return seconds == null ? null : new Date(seconds * 1000)
}
