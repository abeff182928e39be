import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareAll } from './compare.ts'
import type { OurOrder, StripeOrder } from './record.ts'

const day = 86_400
const now = 2_000_000_000
const began = now - 10 * day
const paidUntil = now + 20 * day

/** An order that both agree on: a month's subscription, paid once, and readable. */
function agreed(id = 'one', email = 'alice@example.com'): { said: StripeOrder; our: OurOrder } {
  const subscription = {
    id: `sub_${id}`,
    state: 'active',
    price: 'price_all',
    paidUntil,
    givenUntil: null,
    bankAsked: false,
    endsAt: null,
    endedAt: null,
  }
  const both = {
    id,
    email,
    refunds: new Map<string, string>(),
    disputes: new Map<string, string>(),
    balance: new Map([['USD', 1232]]),
  }
  const payments = () => new Map([[`in_${id}`, 1300]])
  return {
    said: {
      ...structuredClone(both),
      payments: payments(),
      subscription: { ...subscription },
      sessions: [{ id: `cs_${id}`, status: 'complete', payment: 'paid', total: 1300, subtotal: 1300 }],
      chargedTwice: [],
      paidAt: began,
      startedAt: began,
      passEnded: false,
    },
    our: {
      ...structuredClone(both),
      payments: payments(),
      subscription: { ...subscription },
      number: `NS-${id}`,
      state: 'paid',
      total: 1300,
      subtotal: 1300,
      refunded: 0,
      duplicate: false,
      lines: [{ opens: ['daily'], kind: 'subscription', months: 0 }],
      billed: ['daily'],
      receipts: 1,
      readable: new Map([['daily', true]]),
      readerId: 'r',
    },
  }
}

type Both = ReturnType<typeof agreed>

function differencesOf(...orders: Both[]): string[] {
  return compareAll(
    new Map(orders.map(({ said }) => [said.id, said])),
    new Map(orders.map(({ our }) => [our.id, our])),
    now,
  )
}

/** What is found after a change to what both agreed on. */
function after(change: (both: Both) => void): string[] {
  const both = agreed()
  change(both)
  return differencesOf(both)
}

/** Its first payment is a bank's to make: nothing is paid at Stripe. */
function isAsked({ said }: Both, payment: 'waiting' | 'failed'): void {
  for (const session of said.sessions) session.payment = payment
  said.payments.clear()
  said.balance.clear()
  said.paidAt = null
}

describe('the comparison of both accounts', () => {
  it('finds nothing where both agree', () => {
    assert.deepEqual(differencesOf(agreed(), agreed('two', 'bob@example.com')), [])
  })

  const kinds: [string, RegExp, (both: Both) => void][] = [
    [
      'a lost payment',
      /payment in_2: Stripe says 1300, we say nothing/,
      ({ said }) => said.payments.set('in_2', 1300),
    ],
    ['an invented payment', /payment in_2: Stripe says nothing/, ({ our }) => our.payments.set('in_2', 1300)],
    [
      'another amount',
      /payment in_one: Stripe says 1300, we say 1200/,
      ({ our }) => our.payments.set('in_one', 1200),
    ],
    ['a lost refund', /refund re_1/, ({ said }) => said.refunds.set('re_1', '300 succeeded')],
    [
      'another state of a refund',
      /refund re_1: Stripe says 300 failed/,
      ({ said, our }) => {
        said.refunds.set('re_1', '300 failed')
        our.refunds.set('re_1', '300 succeeded')
      },
    ],
    ['a lost dispute', /dispute du_1/, ({ said }) => said.disputes.set('du_1', '1300 needs_response')],
    ['a lost subscription', /Stripe has sub_one, we have none/, ({ our }) => (our.subscription = null)],
    [
      'another state of a subscription',
      /state: Stripe says canceled, we say active/,
      ({ said }) => {
        if (said.subscription) said.subscription.state = 'canceled'
      },
    ],
    [
      'another end of what is paid',
      /paidUntil/,
      ({ our }) => {
        if (our.subscription) our.subscription.paidUntil += 1
      },
    ],
    [
      'a change of plan that was not taken over',
      /price: Stripe says price_dear, we say price_all/,
      ({ said }) => {
        if (said.subscription) said.subscription.price = 'price_dear'
      },
    ],
    [
      'what the plan that it was changed to opens',
      /reads daily without having paid/,
      ({ our }) => (our.billed = ['dossiers']),
    ],
    [
      'a ledger that is a cent off',
      /ledger, balance in USD: Stripe says 1232, we say 1231/,
      ({ our }) => our.balance.set('USD', 1231),
    ],
    [
      'an order that is not paid',
      /it is pending, by what Stripe says it is paid/,
      ({ our }) => (our.state = 'pending'),
    ],
    [
      'an order that nobody paid',
      /it is paid, by what Stripe says it is expired/,
      ({ said }) => {
        said.sessions = [{ id: 'cs', status: 'expired', payment: 'open', total: 1300, subtotal: 1300 }]
      },
    ],
    ['another total', /Stripe took 1300, our total is 1500/, ({ our }) => (our.total = 1500)],
    ['two paid sessions', /2 of its sessions are paid/, ({ said }) => said.sessions.push(...said.sessions)],
    ['a charge made twice', /charged twice/, ({ said }) => said.chargedTwice.push('pi_1')],
    ['a receipt that was not sent', /0 receipts/, ({ our }) => (our.receipts = 0)],
    ['a receipt sent twice', /2 receipts/, ({ our }) => (our.receipts = 2)],
    [
      'payment without access',
      /has paid for daily and cannot read/,
      ({ our }) => our.readable.set('daily', false),
    ],
    [
      'access after a full refund',
      /reads daily without having paid/,
      ({ said, our }) => {
        for (const side of [said, our]) side.refunds.set('re_1', '1300 succeeded')
        Object.assign(our, { state: 'refunded', refunded: 1300 })
      },
    ],
    [
      'access during a dispute',
      /reads daily without having paid/,
      ({ said, our }) => {
        for (const side of [said, our]) side.disputes.set('du_1', '1300 needs_response')
        our.state = 'disputed'
      },
    ],
    [
      'time that was given away and that we do not know of',
      /givenUntil: Stripe says \d+, we say null/,
      ({ said }) => {
        if (said.subscription) said.subscription.givenUntil = now + 30 * day
      },
    ],
    [
      'time that was given away and cannot be read',
      /has paid for daily and cannot read/,
      ({ said, our }) => {
        for (const side of [said, our])
          if (side.subscription)
            Object.assign(side.subscription, { paidUntil: now - 20 * day, givenUntil: now + day })
        our.readable.set('daily', false)
      },
    ],
    [
      'access to a paused subscription past what is paid',
      /reads daily without having paid/,
      ({ said, our }) => {
        for (const side of [said, our])
          if (side.subscription) Object.assign(side.subscription, { state: 'paused', paidUntil: now - day })
      },
    ],
    [
      'a bank that is asked, of which we do not know',
      /bankAsked: Stripe says true, we say false/,
      ({ said }) => {
        if (said.subscription) said.subscription.bankAsked = true
      },
    ],
    [
      'access past the days that a bank takes',
      /reads daily without having paid/,
      ({ said, our }) => {
        for (const side of [said, our])
          if (side.subscription)
            Object.assign(side.subscription, { bankAsked: true, paidUntil: now - 15 * day })
      },
    ],
    [
      'an order that is paid with us while its bank is asked',
      /it is paid, by what Stripe says it is pending/,
      (both) => isAsked(both, 'waiting'),
    ],
    [
      'an order that is paid with us though its bank refused',
      /it is paid, by what Stripe says it is failed/,
      (both) => isAsked(both, 'failed'),
    ],
    [
      'a subscription that goes on at Stripe after its bank refused',
      /its bank refused, and sub_one is active/,
      (both) => isAsked(both, 'failed'),
    ],
    [
      'a pass that is read after staff ended it',
      /reads daily without having paid/,
      ({ said, our }) => {
        said.passEnded = true
        our.lines = [{ opens: ['daily'], kind: 'pass', months: 1 }]
      },
    ],
    [
      'access past the grace',
      /reads daily without having paid/,
      ({ said, our }) => {
        for (const side of [said, our]) if (side.subscription) side.subscription.paidUntil = now - 4 * day
      },
    ],
  ]
  for (const [name, expected, change] of kinds)
    it(`finds ${name}`, () => {
      const found = after(change)
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join('\n') || 'nothing found',
      )
    })

  it('finds an order that only one side has', () => {
    const { said, our } = agreed()
    assert.match(compareAll(new Map([['one', said]]), new Map(), now).join(), /we do not/)
    assert.match(compareAll(new Map(), new Map([['one', our]]), now).join(), /unknown to Stripe/)
  })

  it('bears an order that Stripe never heard of, if nobody paid', () => {
    const { our } = agreed()
    const pending = { ...our, state: 'pending', payments: new Map(), readable: new Map() }
    assert.deepEqual(compareAll(new Map(), new Map([['one', pending]]), now), [])
  })

  it('finds the same sold twice at a time, unless one was undone', () => {
    const [one, two] = [agreed('one'), agreed('two')]
    assert.match(differencesOf(one, two).join(), /NS-one and NS-two sold the same/)
    for (const side of [two.said, two.our]) {
      side.refunds.set('re_2', '1300 succeeded')
      if (side.subscription) Object.assign(side.subscription, { state: 'canceled', endedAt: now - day })
    }
    Object.assign(two.our, { state: 'refunded', refunded: 1300, duplicate: true, receipts: 0 })
    assert.deepEqual(differencesOf(one, two), [])
  })

  it('bears an order that waits for its bank, and a bank that is asked for a renewal', () => {
    const waiting = agreed()
    isAsked(waiting, 'waiting')
    Object.assign(waiting.our, { state: 'pending', subscription: null, receipts: 0, readable: new Map() })
    waiting.our.payments.clear()
    waiting.our.balance.clear()
    assert.deepEqual(differencesOf(waiting), [])
    const found = after(({ said, our }) => {
      for (const side of [said, our])
        if (side.subscription)
          Object.assign(side.subscription, { bankAsked: true, paidUntil: now - 13 * day })
    })
    assert.deepEqual(found, [])
  })

  it('grants the days of a renewal under way', () => {
    const found = after(({ said, our }) => {
      for (const side of [said, our]) if (side.subscription) side.subscription.paidUntil = now - 2 * day
    })
    assert.deepEqual(found, [])
  })
})
