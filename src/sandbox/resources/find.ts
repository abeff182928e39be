import type { Kind } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { missing } from '../wire/api-error.ts'

/** What errors call a kind where its name is not said as it is written. */
const nouns: Partial<Record<Kind, string>> = {
  'billing_portal.configuration': 'configuration',
  'billing_portal.session': 'billing_portal session',
  charge: 'charge',
  customer_balance_transaction: 'customer balance transaction',
  'checkout.session': 'checkout.session',
  payment_method: 'PaymentMethod',
  promotion_code: 'promotion code',
}
const noun = (kind: Kind) => nouns[kind] ?? kind

/** The object that an address names. Throws the API's 404 unless it is there; a deleted one is not, unless `evenDeleted`. */
export async function named<K extends Kind>(
  work: Work,
  kind: K,
  id: string,
  options: { evenDeleted?: boolean; take?: boolean; param?: string } = {},
): Promise<Stored<K>> {
  const stored = await (options.take ? work.take(kind, id) : work.find(kind, id))
  if (!stored || (stored.deleted && !options.evenDeleted))
    throw missing(noun(kind), id, options.param ?? 'id', 404)
  return stored
}

/** The object that a parameter names. Throws the API's 400 unless it is there. */
export async function referred<K extends Kind>(
  work: Work,
  kind: K,
  id: string,
  param: string,
): Promise<Stored<K>> {
  const stored = await work.find(kind, id)
  if (!stored || stored.deleted) throw missing(noun(kind), id, param, 400)
  return stored
}

/** Like `referred`, and holds it until the transaction ends. */
export async function taken<K extends Kind>(
  work: Work,
  kind: K,
  id: string,
  param: string,
): Promise<Stored<K>> {
  const stored = await work.take(kind, id)
  if (!stored || stored.deleted) throw missing(noun(kind), id, param, 400)
  return stored
}
