import { newId, randomLetters } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { priceSession } from './session-lines.ts'

/** Opens a copy of an expired session for someone who came back by its recovery address; null: that is no longer good. */
export async function recoverSession(work: Work, token: string): Promise<Shapes['checkout.session'] | null> {
  const recovery = `${work.url}/recover/${token}`
  const [stored] = await work.list('checkout.session', { recovery }, 1)
  const offer = stored?.data.after_expiration?.recovery
  if (!stored || !offer || (offer.expires_at ?? 0) <= work.now) return null
  const id = `cs_test_a1${randomLetters(56)}`
  const copy: Shapes['checkout.session'] = {
    ...stored.data,
    id,
    after_expiration: null,
    allow_promotion_codes: offer.allow_promotion_codes ? true : stored.data.allow_promotion_codes,
    created: work.now,
    customer_details: null,
    expires_at: work.now + 86_400,
    payment_intent: null,
    recovered_from: stored.data.id,
    status: 'open',
    url: `${work.url}/pay/${id}`,
  }
  const lines = stored.hidden.lines.map((line) => ({ ...line, id: newId('li_') }))
  const hidden = { ...stored.hidden, lines, intent: null, awaiting: null }
  const priced = await priceSession(work, copy, hidden, null)
  return work.put('checkout.session', { ...copy, ...priced.sums }, { ...hidden, lines: priced.lines })
}
