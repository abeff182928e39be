import type { Place } from './sandbox.ts'
import type { Tally } from './tally.ts'

export const forged = 'forged webhooks'
/** How the ids of forged events begin, by which they are looked for in the inbox. */
export const forgedIds = 'evt_forged'

/** Somebody who does not know the secret says that an order was paid. The app may be dead just then. */
export async function forgeEvent({ appUrl }: Place, number: number, tally: Tally): Promise<void> {
  const created = Math.floor(Date.now() / 1000)
  const object = { id: `cs_test_forged${number}`, object: 'checkout.session', status: 'complete' }
  const body = JSON.stringify({
    id: `${forgedIds}${number}`,
    object: 'event',
    type: 'checkout.session.completed',
    created,
    livemode: false,
    data: { object },
  })
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': `t=${created},v1=${'0'.repeat(64)}`,
  }
  const sent = await fetch(`${appUrl}/webhooks/stripe`, { method: 'POST', headers, body }).catch(() => null)
  if (sent) tally.add(forged)
}
