import type { Transaction } from '../db/database.ts'
import type { Difference } from '../orders/drift.ts'
import type { Order } from '../orders/order.ts'
import type { ReconcileDeps } from './deps.ts'
import type { Finders } from './sources/source.ts'

/**
 * Weighs what was just read at Stripe against our rows, which it locks, in the transaction that writes a difference down.
 * null: both agree, or another kind of difference tells of it.
 */
export type Weigh = (tx: Transaction) => Promise<Difference | null>

/** One kind of difference: how it is met, told and mended. */
export interface Kind {
  /** As staff read it: "A payment that we lack". */
  title: string
  /** From a page of a source, the subjects that may differ; a kind that is only written down elsewhere finds none. */
  find?: Finders
  /** Asks Stripe about one subject anew; what it resolves to then weighs the answer. Throws what Stripe's client throws. */
  look: (deps: ReconcileDeps, subject: string) => Promise<Weigh>
  /** The first is the usual one. */
  fixes: readonly Fix[]
}

/** What a button on the drift page does. */
export interface Fix {
  /** As its address names it. */
  name: string
  /** As its button says it. */
  label: string
  /** The same in words for the order that the difference is about; null: not offered for this one. */
  labelFor?: (order: Order) => string | null
  /** What moves money or cannot be undone, in words to be agreed to first; absent: it is done at once. */
  confirm?: string
  /** What staff decide, and not what Stripe says, ends it: it is closed without being looked at again. */
  closes?: true
  /** Mends, any number of times; Throws CannotMend where it will not do. */
  apply: (deps: ReconcileDeps, task: Task) => Promise<void>
}

export interface Task {
  subject: string
  orderId: string | null
  /** The same for every try at this difference: what is made at Stripe has a key that begins with it. */
  key: string
  /** The address of who asked for it. */
  by: string
}

/** Why a difference cannot be mended this way; `message` is for staff. */
export class CannotMend extends Error {
  override name = 'CannotMend'
}
