import type { Faults } from '../faults/faults.ts'
import type { House } from '../house.ts'
import type { Claimed, Result } from './delivery-store.ts'
import type { PostEvent, Posted } from './post-event.ts'
import { eventText } from './present-event.ts'
import { signatureOf, webhookSecret } from './sign-payload.ts'

/** Seconds until the next try after each failure, in real time; after the last, a delivery is given up. */
const backoff = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200]

/** Sends one event once and resolves to what became of it; the faults may hold it back, double or drop it. */
export async function deliverEvent(
  house: House,
  post: PostEvent,
  delivery: Claimed,
  appUrl: string | null,
  faults: Faults,
): Promise<Result> {
  const now = house.realNow()
  const toApp = delivery.endpoint === 'app'
  const url = toApp ? appUrl : delivery.url
  // An endpoint that was deleted since wants nothing any more.
  if (url === null) return result(delivery, toApp ? 'pending' : 'given_up', now + 1000)
  if (house.random() < faults.drop) return result(delivery, 'dropped', now)
  const held = delivery.fresh ? holdBack(house, faults) : 0
  if (held > 0) return result(delivery, 'pending', now + held)
  const body = eventText(delivery)
  const signature = signatureOf(body, delivery.secret ?? webhookSecret, now)
  const twice = house.random() < faults.duplicate
  const [posted] = await Promise.all([post(url, body, signature), twice ? post(url, body, signature) : null])
  return judge(delivery, posted, now, house.realNow())
}

/** For how many milliseconds a fresh delivery waits; 0: not at all. */
function holdBack(house: House, faults: Faults): number {
  const delayed = faults.delay_ms > 0 ? Math.ceil(house.random() * faults.delay_ms) : 0
  const overtaken = house.random() < faults.reorder ? 20 + Math.ceil(house.random() * 400) : 0
  return delayed + overtaken
}

function result(delivery: Claimed, state: Result['state'], nextAt: number): Result {
  return { id: delivery.delivery_id, state, next_at: new Date(nextAt), attempt: null }
}

function judge(delivery: Claimed, posted: Posted, start: number, end: number): Result {
  const attempt = { at: new Date(start), duration_ms: Math.round(end - start), ...posted }
  if (posted.status !== null && posted.status >= 200 && posted.status < 300) {
    return { ...result(delivery, 'delivered', start), attempt }
  }
  const wait = backoff[delivery.attempts]
  if (wait === undefined) return { ...result(delivery, 'given_up', start), attempt }
  return { ...result(delivery, 'pending', start + wait * 1000), attempt }
}
