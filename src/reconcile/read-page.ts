import type { DriftKind } from '../orders/drift.ts'
import type { Comparison } from './comparison.ts'
import type { ReconcileDeps } from './deps.ts'
import { kinds } from './kinds/table.ts'
import type { Scan, SourceName, Things } from './sources/source.ts'
import { sources } from './sources/table.ts'
import { listSeen } from './store.ts'

export interface ReadPage {
  suspects: { kind: DriftKind; subjects: string[] }[]
  seen: string[]
  looked: number
  /** null: it was the last. */
  next: string | null
}

/** Reads the next page of a source, and has every kind that looks through it say what may differ. */
export async function readPage<S extends SourceName>(
  deps: ReconcileDeps,
  { id, asOf, place }: Comparison,
  name: S,
): Promise<ReadPage> {
  const page = await sources[name](deps, asOf, place)
  const scan: Scan = { deps, db: deps.db, seen: (stripeIds) => listSeen(deps.db, id, stripeIds) }
  const suspects: ReadPage['suspects'] = []
  for (const kind of Object.keys(kinds) as DriftKind[]) {
    const subjects = await findOf(kind, name, scan, page.things)
    if (subjects.length > 0) suspects.push({ kind, subjects })
  }
  return { suspects, seen: page.seen, looked: page.looked, next: page.next }
}

async function findOf<S extends SourceName>(
  kind: DriftKind,
  name: S,
  scan: Scan,
  things: Things[S][],
): Promise<string[]> {
  const find = kinds[kind].find?.[name]
  return find && things.length > 0 ? find(scan, things) : []
}
