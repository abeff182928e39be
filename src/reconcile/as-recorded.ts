import type { DriftKind } from '../orders/drift.ts'
import { findOpenDrift } from './drift-store.ts'
import type { Weigh } from './kind.ts'

/** For what is written down, and closed, elsewhere: it is there as long as it is open. */
export function asRecorded(kind: DriftKind, subject: string): Weigh {
  return (tx) => findOpenDrift(tx, { kind, subject })
}
