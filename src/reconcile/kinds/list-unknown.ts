import { listPaidIntents } from '../../orders/payments.ts'
import { idOf } from '../../stripe/client.ts'
import type { Scan } from '../sources/source.ts'

/** A refund or a dispute: both lead to what is ours by their payment intent alone. */
interface OfPayment {
  id: string
  payment_intent: string | { id: string } | null
}

/** Those of payments of ours that are not here; `listKnown` says of Stripe's ids which are. */
export async function listUnknown(
  { db }: Scan,
  things: OfPayment[],
  listKnown: (db: Scan['db'], stripeIds: string[]) => Promise<Set<string>>,
): Promise<string[]> {
  const ids = things.map(({ id }) => id)
  const intents = things.flatMap(({ payment_intent }) => idOf(payment_intent) ?? [])
  const [ours, known] = [await listPaidIntents(db, intents), await listKnown(db, ids)]
  const isOurs = (thing: OfPayment) => ours.has(idOf(thing.payment_intent) ?? '')
  return things.filter((thing) => isOurs(thing) && !known.has(thing.id)).map(({ id }) => id)
}
