import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { followSubscription } from '../../src/entitlements/follow-subscription.ts'
import { effectOf } from '../../src/orders/dispute.ts'
import { onDispute } from '../../src/webhooks/events/refund.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { subscribe, type Visitor } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
const quds = '/articles/quds-force-chief-visits-baghdad'

function orderOf(email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
}

/** What a reader who has paid once meets: a visitor, and the payment intents of the order. */
async function payer(email: string) {
  const reader = newsstand.visitor()
  await subscribe(reader, email, 'all-access-monthly')
  const order = await orderOf(email)
  return {
    reader,
    intent: order.stripe_payment_intent_id ?? '',
    subscription: order.stripe_subscription_id ?? '',
  }
}

/** Tells of a dispute, as if Stripe, asked for it, answered with this status. */
async function dispute(id: string, intent: string, status: string, type = 'updated'): Promise<void> {
  const answer = {
    id,
    status,
    amount: 1300,
    currency: 'usd',
    created: 1_795_000_000,
    balance_transactions: [],
  }
  const disputes = { retrieve: async () => answer }
  await onDispute(
    { ...deps, stripe: Object.assign(Object.create(stripe), { disputes }) },
    {
      id: `evt_${id}_${status}`,
      type: `charge.dispute.${type}`,
      createdAt: newsstand.clock(),
      objectId: id,
      refersTo: { payment_intent: intent },
    },
  )
}

async function reason(reader: Visitor): Promise<string> {
  return /data-reason="(\w+)"/.exec((await reader.get(quds)).text)?.[1] ?? ''
}

async function questions(email: string) {
  const { id } = await orderOf(email)
  return db
    .selectFrom('drift')
    .selectAll()
    .where('order_id', '=', id)
    .where('closed_at', 'is', null)
    .execute()
}

async function historyOf(email: string): Promise<string[]> {
  const { id } = await orderOf(email)
  const rows = await db
    .selectFrom('order_history')
    .select('text')
    .where('order_id', '=', id)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.text)
}

describe('a dispute', () => {
  it('makes the reader wait while it is open, whatever of its money moves, and gives access back when it is won', async () => {
    const { reader, intent } = await payer('won@example.com')
    await dispute('du_won', intent, 'needs_response', 'created')
    assert.equal(await reason(reader), 'held')
    await dispute('du_won', intent, 'needs_response', 'funds_withdrawn')
    await dispute('du_won', intent, 'under_review')
    assert.equal(await reason(reader), 'held')
    await dispute('du_won', intent, 'won', 'closed')
    assert.equal(await reason(reader), 'entitlement')
    await dispute('du_won', intent, 'won', 'funds_reinstated')
    assert.equal(await reason(reader), 'entitlement')
    assert.equal((await orderOf('won@example.com')).state, 'paid')
    const told = (await historyOf('won@example.com')).filter((text) => text.startsWith('What it'))
    assert.deepEqual(told, [
      'What it opens waits while its payment is disputed',
      'What it opens is open again',
    ])
  })

  it('ends what was open when it is lost, and asks about the renewals until there are none', async () => {
    const { reader, intent, subscription } = await payer('lost@example.com')
    await dispute('du_lost', intent, 'needs_response')
    assert.deepEqual(await questions('lost@example.com'), [])
    await dispute('du_lost', intent, 'lost', 'closed')
    assert.equal(await reason(reader), 'ended')
    assert.equal((await orderOf('lost@example.com')).state, 'disputed')
    await dispute('du_lost', intent, 'lost', 'closed')
    const asked = await questions('lost@example.com')
    assert.deepEqual(
      asked.map(({ kind, subject }) => [kind, subject]),
      [['dispute_lost_goes_on', subscription]],
    )
    await stripe.subscriptions.cancel(subscription)
    await followSubscription(deps, subscription)
    assert.deepEqual(await questions('lost@example.com'), [])
    assert.equal(await reason(reader), 'ended')
  })

  it('is asked about once: staff may leave it so', async () => {
    const { intent, subscription } = await payer('left@example.com')
    await dispute('du_left', intent, 'lost')
    const [asked] = await questions('left@example.com')
    await db
      .updateTable('drift')
      .set({ closed_at: newsstand.clock() })
      .where('id', '=', asked?.id ?? '')
      .execute()
    await dispute('du_left', intent, 'lost')
    await followSubscription(deps, subscription)
    assert.deepEqual(await questions('left@example.com'), [])
  })

  it('waits again when its loss is appealed', async () => {
    const { reader, intent } = await payer('appeal@example.com')
    for (const [status, expected] of [
      ['lost', 'ended'],
      ['appeal_needs_response', 'held'],
      ['appeal_under_review', 'held'],
      ['won', 'entitlement'],
    ] as const) {
      await dispute('du_appeal', intent, status)
      assert.equal(await reason(reader), expected, status)
    }
    assert.deepEqual(await questions('appeal@example.com'), [])
  })

  it('that is only an inquiry moves nothing, until it becomes more', async () => {
    const { reader, intent } = await payer('inquiry@example.com')
    for (const status of ['warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented']) {
      await dispute('du_inquiry', intent, status)
      assert.equal((await orderOf('inquiry@example.com')).state, 'paid', status)
      assert.equal(await reason(reader), 'entitlement', status)
    }
    await dispute('du_inquiry', intent, 'needs_response')
    assert.equal(await reason(reader), 'held')
  })

  it('about a renewal counts as one about the first payment', async () => {
    const { reader } = await payer('renewed@example.com')
    const answer = await fetch(`${newsstand.sandboxUrl}/clock/advance`, {
      method: 'POST',
      body: new URLSearchParams({ days: '32' }),
    })
    assert.equal(answer.status, 200)
    const { id } = await orderOf('renewed@example.com')
    const renewal = await eventually(() =>
      db
        .selectFrom('payments')
        .select('stripe_payment_intent_id')
        .where('order_id', '=', id)
        .where('kind', '=', 'renewal')
        .executeTakeFirstOrThrow(),
    )
    const intent = renewal.stripe_payment_intent_id ?? ''
    await dispute('du_renewal', intent, 'needs_response')
    assert.equal(await reason(reader), 'held')
    await dispute('du_renewal', intent, 'won')
    assert.equal(await reason(reader), 'entitlement')
  })

  it('beside another leaves what the worse of both leaves', async () => {
    const { reader, intent } = await payer('two@example.com')
    await dispute('du_one', intent, 'needs_response')
    await dispute('du_two', intent, 'needs_response')
    await dispute('du_one', intent, 'lost')
    assert.equal(await reason(reader), 'held', 'the other is open')
    await dispute('du_two', intent, 'won')
    assert.equal(await reason(reader), 'ended', 'the one is lost')
    assert.equal((await orderOf('two@example.com')).state, 'disputed')
  })

  it('with a status that Stripe adds one day waits', () => {
    assert.equal(effectOf('in_arbitration'), 'open')
  })
})

/** No event comes any more, and none is under way: they would read what Stripe really says. */
async function silence(): Promise<void> {
  await fetch(`${newsstand.sandboxUrl}/faults`, { method: 'POST', body: new URLSearchParams({ drop: '1' }) })
  await eventually(async () => {
    const waiting = await db.selectFrom('events').select('id').where('state', '=', 'received').execute()
    assert.deepEqual(waiting, [])
  })
}

describe('a subscription that Stripe says has come back from its end', () => {
  it('is followed, and told to staff once', async () => {
    const { reader, subscription } = await payer('back@example.com')
    const before = await stripe.subscriptions.retrieve(subscription)
    await silence()
    await stripe.subscriptions.cancel(subscription)
    await followSubscription(deps, subscription)
    assert.equal(await reason(reader), 'ended')
    const subscriptions = { retrieve: async () => before }
    const undead = { ...deps, stripe: Object.assign(Object.create(stripe), { subscriptions }) }
    for (let time = 0; time < 2; time++) await followSubscription(undead, subscription)
    assert.equal(await reason(reader), 'entitlement')
    const drift = await questions('back@example.com')
    assert.deepEqual(
      drift.map(({ kind, stripe_says, we_say }) => [kind, stripe_says, we_say]),
      [['subscription_impossible', 'It is active', 'It was canceled and had ended']],
    )
    const told = (await historyOf('back@example.com')).filter((text) => text.startsWith('Subscription: '))
    assert.deepEqual(told, ['Subscription: Ended', 'Subscription: Active'])
  })
})
