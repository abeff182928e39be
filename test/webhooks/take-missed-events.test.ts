import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type Stripe from 'stripe'
import { handlers } from '../../src/webhooks/events/table.ts'
import { takeMissedEvents } from '../../src/webhooks/take-missed-events.ts'
import { openNewsstand } from '../support/newsstand.ts'

const { deps, stripe } = await openNewsstand()

/** A Stripe with two pages of events for each question, that notes what it is asked. */
function listing(asked: Stripe.EventListParams[]) {
  const list = async (params: Stripe.EventListParams) => {
    asked.push(params)
    const id = `evt_${asked.length}`
    const event = { object: 'event', id, type: params.types?.[0], created: 1_795_000_000, livemode: false }
    return { data: [{ ...event, data: { object: { id: 'x_1' } } }], has_more: !params.starting_after }
  }
  return { ...deps, stripe: Object.assign(Object.create(stripe), { events: { list } }) as Stripe }
}

describe('asking Stripe for events that never came', () => {
  it('asks for each type that is wanted, at most twenty at once, every page of it', async () => {
    const asked: Stripe.EventListParams[] = []
    const missed = await takeMissedEvents(listing(asked))
    const types = Object.keys(handlers)
    assert.ok(types.length > 20, 'one question would do')
    for (const params of asked) assert.ok((params.types?.length ?? 0) <= 20)
    assert.deepEqual(new Set(asked.flatMap((params) => params.types ?? [])), new Set(types))
    const lots = Math.ceil(types.length / 20)
    assert.equal(asked.length, 2 * lots)
    assert.deepEqual(
      asked.map((params) => params.starting_after ?? null),
      Array.from({ length: lots }, (_, lot) => [null, `evt_${2 * lot + 1}`]).flat(),
    )
    assert.equal(missed.length, 2 * lots)
  })
})
