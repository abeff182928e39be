import { formatMoney } from '../money/format-money.ts'
import { type PlanOnSale, perText, whyNotSold } from './plan.ts'
import type { Collection } from './store.ts'

/** A plan as pages show it. */
export interface PlanView {
  slug: string
  name: string
  price: string
  per: string
  summary: string
  opens: string[]
  recurring: boolean
  available: boolean
  unavailableReason: string | null
  inCart: boolean
}

/** `inCart`: slugs of the plans that are in this reader's cart. */
export function planView(
  plan: PlanOnSale,
  collections: Map<string, Collection>,
  locale: string,
  inCart: ReadonlySet<string> = new Set(),
): PlanView {
  const reason = whyNotSold(plan)
  return {
    slug: plan.slug,
    name: plan.name,
    price: formatMoney(plan.price.amount, locale),
    per: perText(plan.price.interval),
    summary: plan.summary,
    opens: opensText(plan.opens, collections),
    recurring: plan.kind === 'subscription',
    available: reason === null,
    unavailableReason: reason,
    inCart: inCart.has(plan.slug),
  }
}

/** What collections hold, in words for readers. */
export function opensText(opens: readonly string[], collections: Map<string, Collection>): string[] {
  return opens.map((slug) => collections.get(slug)?.description ?? slug)
}
