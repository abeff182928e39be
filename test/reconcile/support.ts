import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { goOnComparing } from '../../src/reconcile/go-on.ts'
import { startComparison } from '../../src/reconcile/start-comparison.ts'
import { insertComparison, listComparisons } from '../../src/reconcile/store.ts'
import { eventually, type Newsstand } from '../support/newsstand.ts'

export type DriftRow = Awaited<ReturnType<typeof openDrift>>[number]

/** Compares everything that is there by now, however young, as the job does. */
export async function compareAll({ db, deps }: Newsstand): Promise<void> {
  const now = deps.clock()
  const started = await insertComparison(db, {
    askedBy: null,
    startedAt: now,
    asOf: new Date(now.getTime() + 5000),
  })
  assert.ok(started, 'another comparison is under way')
  await goOnComparing(deps)
  const [latest] = await listComparisons(db, 1)
  assert.ok(latest?.finishedAt, `it stopped at ${latest?.stage}: ${latest?.lastError}`)
}

export { startComparison }

export function openDrift({ db }: Newsstand) {
  return db.selectFrom('drift').selectAll().where('closed_at', 'is', null).orderBy('kind').execute()
}

/** What is open, as "kind subject". */
export async function listOpen(newsstand: Newsstand): Promise<string[]> {
  return (await openDrift(newsstand)).map(({ kind, subject }) => `${kind} ${subject}`)
}

export async function orderOf({ db }: Newsstand, number: string) {
  return db.selectFrom('orders').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
}

/** Resolves when nothing is under way: no event to be sent or applied, no job that is due. */
export async function settled({ db }: Newsstand): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql<{ what: string }>`
      SELECT event_id AS what FROM sandbox.deliveries WHERE state = 'pending'
      UNION ALL SELECT concat_ws(' ', type, note) FROM events WHERE state = 'received'
      UNION ALL SELECT task_identifier FROM graphile_worker.jobs WHERE run_at <= now()`.execute(db)
    assert.deepEqual(rows, [])
  })
}

export async function setFaults({ sandboxUrl }: Newsstand, faults: Record<string, string>): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/faults`, {
    method: 'POST',
    body: new URLSearchParams({ reset: 'on', ...faults }),
  })
  assert.ok(answer.ok, await answer.text())
}

export async function advance({ sandboxUrl }: Newsstand, days: number): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ days }),
  })
  assert.equal(answer.status, 200, await answer.text())
}
