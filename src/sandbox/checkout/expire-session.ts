import { randomLetters } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

/** Closes an open session (taken) for good, and tells of it; where recovery was asked for, with an address to go on from. */
export function expireSession(work: Work, id: string): Shapes['checkout.session'] {
  const before = work.held('checkout.session', id)
  const recovery = before.after_expiration?.recovery
  const expired = work.change('checkout.session', id, {
    status: 'expired',
    url: null,
    ...(recovery?.enabled ? { after_expiration: { recovery: recoverable(work, recovery) } } : {}),
  })
  work.tell('checkout.session.expired', expired)
  return expired
}

function recoverable(
  work: Work,
  recovery: NonNullable<NonNullable<Shapes['checkout.session']['after_expiration']>['recovery']>,
) {
  // Good for 30 days: https://docs.stripe.com/payments/checkout/abandoned-carts (read 2026-11-22).
  return {
    ...recovery,
    expires_at: work.now + 30 * 86_400,
    url: `${work.url}/recover/live_${randomLetters(40)}`,
  }
}
