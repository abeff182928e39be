import Stripe from 'stripe'

/** What cannot be read, now or later; `why` is for staff. */
export class Unread {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** What `read` resolves to, or that it cannot be read: it was tried twice. Throws a fault that may pass. */
export async function orUnread<T>(read: () => Promise<T>): Promise<T | Unread> {
  try {
    return await read()
  } catch (error) {
    if (mayPass(error)) throw error
  }
  try {
    return await read()
  } catch (error) {
    if (mayPass(error)) throw error
    return new Unread(error instanceof Error ? error.message : String(error))
  }
}

/** Whether a fault is Stripe's, the network's or the database's, and not of the one thing that was read. */
function mayPass(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeError)
    return !(error instanceof Stripe.errors.StripeInvalidRequestError)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    brokenConnection.test(error.message) || isSystemError(code) || (isSqlState(code) && !isOfTheData(code))
  )
}

/** What pg 8 says, without a code, when a connection breaks or cannot be had. */
const brokenConnection = /^(Connection terminated|timeout exceeded when trying to connect)|is not queryable$/

/** Node's names for what the machine refuses: ECONNRESET, EPIPE. */
function isSystemError(code: string): boolean {
  return /^E[A-Z_]{3,}$/.test(code)
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code)
}

/** Data exceptions and broken constraints (https://www.postgresql.org/docs/18/errcodes-appendix.html, read 2026-11-22). */
function isOfTheData(sqlState: string): boolean {
  return sqlState.startsWith('22') || sqlState.startsWith('23')
}
