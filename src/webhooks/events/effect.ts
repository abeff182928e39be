import type { CheckoutDeps } from '../../checkout/deps.ts'

/** What handlers take from an event: nothing of the object but its id. Its present state comes from Stripe. */
export interface EventFacts {
  id: string
  type: string
  createdAt: Date
  /** Of `data.object`. */
  objectId: string
  /** Ids that the object refers to, by field; fields that hold no id are absent. */
  refersTo: Record<string, string>
}

/** What applying an event came to. `ignored` says why in words for staff. */
export type Effect = { applied: true } | { ignored: string }

export type Handler = (deps: CheckoutDeps, event: EventFacts) => Promise<Effect>

export const applied: Effect = { applied: true }
export const foreign: Effect = { ignored: 'Not of this installation' }
