import { randomUUID } from 'node:crypto'
import { realClock } from '../clock.ts'
import { inTransaction } from '../db/database.ts'
import { catchUp } from './catch-up.ts'
import { type Comparison, type Stage, stageAfter } from './comparison.ts'
import type { ReconcileDeps } from './deps.ts'
import { gently } from './gently.ts'
import { lookAtSuspects } from './look-at-suspects.ts'
import { readPage } from './read-page.ts'
import {
  claimComparison,
  finishComparison,
  insertSeen,
  insertSuspects,
  moveComparison,
  releaseComparison,
  suspectWhatIsOpen,
} from './store.ts'

/** How long a step may take before another process may think that this one died. */
const leaseMs = 10 * 60_000

/** Another process has taken the comparison over. */
class TakenOver extends Error {
  override name = 'TakenOver'
}

interface Turn {
  comparison: Comparison
  claim: string
}

/**
 * Goes on with the comparison under way until it is finished; none, or one that another process is at, is left alone.
 * May be killed anywhere: each step is written down with where the next one begins. Throws what Stripe's client throws,
 * but for what concerns one suspect alone; then the next try goes on from there.
 */
export async function goOnComparing(deps: ReconcileDeps): Promise<void> {
  const claim = randomUUID()
  const comparison = await claimComparison(deps.db, claim, { now: realClock(), until: untilRetry() })
  if (!comparison) return
  try {
    let turn: Turn | null = { comparison, claim }
    while (turn) turn = await takeStep(deps, turn)
  } catch (error) {
    if (error instanceof TakenOver) return
    const text = error instanceof Error ? error.message : String(error)
    await releaseComparison(deps.db, { id: comparison.id, claim }, text)
    throw error
  }
}

function untilRetry(): Date {
  return new Date(realClock().getTime() + leaseMs)
}

/** null: the comparison is finished. */
async function takeStep(deps: ReconcileDeps, turn: Turn): Promise<Turn | null> {
  const { stage } = turn.comparison
  if (stage === 'catching up') {
    await gently(() => catchUp(deps))
    return moveOn(deps, turn, { place: null, looked: 0, found: 0, closed: 0 })
  }
  if (stage !== 'suspects') return takePage(deps, turn, stage)
  const { left, ...counts } = await lookAtSuspects(deps, turn.comparison.id)
  return left ? stay(deps, turn, { place: null, looked: 0, ...counts }) : finish(deps, turn, counts)
}

async function takePage(
  deps: ReconcileDeps,
  turn: Turn,
  stage: Exclude<Stage, 'catching up' | 'suspects'>,
): Promise<Turn> {
  const { comparison } = turn
  const page = await gently(() => readPage(deps, comparison, stage))
  const moved = { place: page.next, looked: page.looked, found: 0, closed: 0 }
  const notes = async (tx: Parameters<typeof insertSeen>[0]) => {
    await insertSeen(tx, comparison.id, page.seen)
    for (const { kind, subjects } of page.suspects) await insertSuspects(tx, comparison.id, kind, subjects)
  }
  return page.next === null ? moveOn(deps, turn, moved, notes) : stay(deps, turn, moved, notes)
}

interface Moved {
  place: string | null
  looked: number
  found: number
  closed: number
}

type Notes = (tx: Parameters<typeof insertSeen>[0]) => Promise<void>

function moveOn(deps: ReconcileDeps, turn: Turn, moved: Moved, notes?: Notes): Promise<Turn> {
  const stage = stageAfter(turn.comparison.stage)
  if (!stage) throw new Error('a comparison has no stage after its last')
  const openOnes: Notes = async (tx) => {
    await notes?.(tx)
    if (stage === 'suspects') await suspectWhatIsOpen(tx, turn.comparison.id)
  }
  return write(deps, turn, { stage, ...moved, place: null }, openOnes)
}

function stay(deps: ReconcileDeps, turn: Turn, moved: Moved, notes?: Notes): Promise<Turn> {
  return write(deps, turn, { stage: turn.comparison.stage, ...moved }, notes)
}

async function write(
  deps: ReconcileDeps,
  { comparison, claim }: Turn,
  to: Moved & { stage: Stage },
  notes?: Notes,
): Promise<Turn> {
  const lease = { id: comparison.id, claim, until: untilRetry() }
  await inTransaction(deps.db, async (tx) => {
    if (!(await moveComparison(tx, lease, to))) throw new TakenOver()
    await notes?.(tx)
  })
  return { comparison: { ...comparison, stage: to.stage, place: to.place }, claim }
}

async function finish(
  deps: ReconcileDeps,
  turn: Turn,
  counts: { found: number; closed: number },
): Promise<null> {
  await write(deps, turn, { stage: 'suspects', place: null, looked: 0, ...counts }, (tx) =>
    finishComparison(tx, turn.comparison.id, deps.clock()),
  )
  return null
}
