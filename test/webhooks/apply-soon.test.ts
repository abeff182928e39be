import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { openDatabase, openPool } from '../../src/db/database.ts'
import { openApplier } from '../../src/webhooks/apply-soon.ts'
import { keepEvent } from '../../src/webhooks/inbox.ts'
import { cloneDatabase } from '../support/database.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'

const { deps, stripe, clock } = await openNewsstand()
// Its own: the house catches up with what waits in its database, right after it is opened.
const database = await cloneDatabase()
const db = openDatabase(openPool(database.url))
after(async () => {
  await db.destroy()
  await database.drop()
})

/** Events about sessions, kept and not applied yet. */
async function keepEvents(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `evt_waiting${index}`)
  for (const id of ids) {
    const payload = JSON.stringify({
      id,
      object: 'event',
      type: 'checkout.session.completed',
      created: 1_795_000_000,
      livemode: false,
      data: { object: { id: 'cs_test_slow' } },
    })
    const event = { id, type: 'checkout.session.completed', createdAt: clock(), livemode: false, payload }
    await keepEvent(db, event, clock(), realClock())
  }
  return ids
}

describe('stopping while events wait and Stripe is slow', () => {
  it('ends what is under way and leaves the rest to the next start', async () => {
    const answer = Promise.withResolvers<never>()
    const slow = Object.assign(Object.create(stripe), {
      checkout: { sessions: { retrieve: () => answer.promise } },
    })
    const applier = openApplier({ ...deps, db, stripe: slow })
    for (const id of await keepEvents(12)) applier.soon(id)
    const attempted = async () =>
      (await db.selectFrom('events').select('id').where('attempts', '>', 0).execute()).length
    await eventually(async () => assert.equal(await attempted(), 4))
    const stopped = applier.stop()
    answer.reject(new Error('Stripe gave up'))
    await stopped
    assert.equal(await attempted(), 4)
    const due = await db
      .selectFrom('events')
      .select('id')
      .where('next_attempt_at', '<=', realClock())
      .execute()
    assert.equal(due.length, 8)
  })
})
