import type Stripe from 'stripe'
import type { ReconcileDeps } from '../deps.ts'
import type { Page, Source } from './source.ts'

/** What every list of Stripe's takes here. */
interface PageParams {
  limit: number
  created: { lte: number }
  starting_after?: string
}

/**
 * A source over one of Stripe's lists: `list` asks for a page, `take` says what of an object is ours (null: it is not),
 * and `seenAs` the ids under which it counts as met (none unless told).
 */
export function stripeList<O extends { id?: string }, T>(
  list: (stripe: Stripe, params: PageParams) => Promise<Stripe.ApiList<O>>,
  take: (deps: ReconcileDeps, object: O) => T | null,
  seenAs: (thing: T) => (string | null | undefined)[],
): Source<T> {
  return async (deps, asOf, place): Promise<Page<T>> => {
    const created = { lte: Math.floor(asOf.getTime() / 1000) }
    const params = { limit: 100, created, ...(place ? { starting_after: place } : {}) }
    const { data, has_more } = await list(deps.stripe, params)
    const things = data.flatMap((object) => take(deps, object) ?? [])
    const seen = things.flatMap(seenAs).filter((id) => id != null)
    return { things, seen, looked: data.length, next: has_more ? (data.at(-1)?.id ?? null) : null }
  }
}

/** Whether metadata names this installation. */
export function isOurs(
  { installation }: ReconcileDeps,
  metadata: Stripe.Metadata | null | undefined,
): boolean {
  return metadata?.installation === installation.id
}
