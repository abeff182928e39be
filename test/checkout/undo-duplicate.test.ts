import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import { declareDuplicate } from '../../src/checkout/declare-duplicate.ts'
import { retryForgottenDuplicates, undoDuplicate } from '../../src/checkout/undo-duplicate.ts'
import { standingOf } from '../../src/checkout/weigh-duplicate.ts'
import { money } from '../../src/money/money.ts'
import { eventually, mailTo, openNewsstand } from '../support/newsstand.ts'
import { addPass } from '../support/pass.ts'
import { cards, choose, goToPayment, pay, wayBack } from '../support/personas.ts'
import { openTwoPages } from '../support/two-pages.ts'

const newsstand = await openNewsstand()
const { db, deps, stripe } = newsstand
await addPass(newsstand)

/** Both pages are paid, the second one last. */
async function buyTwice(
  email: string,
  plans: readonly [string | string[], string | string[]],
  { card = cards.good as string, code = '' } = {},
) {
  const both = await openTwoPages(newsstand, email, plans, { code })
  const [first, second] = both
  await first.visitor.get(wayBack(await pay(first.page, email))).expect(303)
  await second.visitor.get(wayBack(await pay(second.page, email, card))).expect(303)
  return { first: first.visitor, second: second.visitor }
}

const lastOrder = (email: string) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('email', '=', email)
    .orderBy('turn', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

/** The second order, when its duplicates are undone; that is written together with its state, history and mail. */
async function undone(email: string) {
  return eventually(async () => {
    const { id } = await lastOrder(email)
    const rows = await duplicatesOf(id)
    assert.ok(rows.length > 0 && rows.every((row) => row.undone_at !== null))
    // Read only now: as it was before the undoing it would be of no use.
    return lastOrder(email)
  })
}

const duplicatesOf = (orderId: string) =>
  db.selectFrom('duplicates').selectAll().where('order_id', '=', orderId).orderBy('position').execute()

const refundsAtStripe = async (paymentIntent: string | null) => {
  const { data } = await stripe.refunds.list({ payment_intent: paymentIntent ?? '' })
  return data.map((refund) => `${refund.amount} ${refund.status}`)
}

const driftOf = (orderId: string) =>
  db
    .selectFrom('drift')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('kind', '=', 'duplicate_not_paid_back')
    .execute()

const mailsAbout = (orderId: string) =>
  db.selectFrom('mails').select('kind').where('order_id', '=', orderId).orderBy('kind').execute()

async function historyOf(orderId: string): Promise<string[]> {
  const rows = await db.selectFrom('order_history').select('text').where('order_id', '=', orderId).execute()
  return rows.map((row) => row.text)
}

describe('a subscription bought twice', () => {
  it('is cancelled and paid back, and its reader is told once, however often it is undone', async () => {
    const email = 'told@example.com'
    await buyTwice(email, ['all-access-annual', 'all-access-monthly'])
    const order = await undone(email)
    assert.equal(order.state, 'refunded')
    await Promise.all([undoDuplicate(deps, order.id), undoDuplicate(deps, order.id)])
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
    assert.deepEqual(await mailsAbout(order.id), [{ kind: 'duplicate' }])
    const mail = await eventually(async () => {
      const found = (await mailTo(newsstand, email)).find((one) => one.subject.includes(order.number))
      assert.ok(found)
      return found
    })
    assert.match(mail.subject, /You paid twice/)
    for (const body of [mail.text, mail.html]) {
      assert.match(body, /All-Access, monthly/)
      assert.match(body, /subscription is cancelled/)
      assert.match(body, /\$13\.00 goes back to your card \(Visa ending in 4242\)/)
      assert.match(body, /5 to 10 business days/)
      assert.doesNotMatch(body, /stays as it is/)
    }
  })

  it('together with a pass: its part goes back, less its share of the discount, and the pass stays', async () => {
    const email = 'mixed@example.com'
    await buyTwice(email, ['all-access-annual', ['summer-pass', 'all-access-monthly']], {
      code: 'WELCOME20',
    })
    const order = await undone(email)
    assert.equal(order.total, 2640)
    assert.equal(order.state, 'partly_refunded')
    assert.equal(order.refunded, 1040)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1040 succeeded'])
    const pass = await db
      .selectFrom('entitlements')
      .selectAll()
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow()
    assert.equal(pass.source, 'order')
    assert.equal(pass.held, null)
    assert.deepEqual(await mailsAbout(order.id), [{ kind: 'duplicate' }, { kind: 'receipt' }])
    const mail = await eventually(async () => {
      const found = (await mailTo(newsstand, email)).find((one) => /paid twice/.test(one.subject))
      assert.ok(found)
      return found
    })
    assert.match(mail.text, /The rest of the order stays as it is: A summer\./)
  })

  it('for nothing, with a code that takes all off: is cancelled, and nothing goes back', async () => {
    await db
      .insertInto('promotion_codes')
      .values({
        id: crypto.randomUUID(),
        code: 'FREE-NOW',
        percent_off: '100',
        amount_off: null,
        currency: null,
        duration: 'once',
        plan_id: null,
        redemptions_limit: null,
        expires_at: null,
        active: true,
        created_at: newsstand.clock(),
        stripe_coupon_id: null,
      })
      .execute()
    const email = 'free@example.com'
    await buyTwice(email, ['all-access-annual', 'all-access-monthly'], { code: 'FREE-NOW' })
    const order = await undone(email)
    assert.equal(order.total, 0)
    const { status } = await stripe.subscriptions.retrieve(order.stripe_subscription_id ?? '')
    assert.equal(status, 'canceled')
    await eventually(async () => {
      const mail = (await mailTo(newsstand, email)).find((one) => /paid twice/.test(one.subject))
      assert.match(mail?.text ?? '', /Nothing had been charged/)
    })
  })

  it('paid back by staff before: nothing more goes back', async () => {
    const email = 'by-staff@example.com'
    const [first, second] = await openTwoPages(newsstand, email, ['all-access-annual', 'all-access-monthly'])
    await first.visitor.get(wayBack(await pay(first.page, email))).expect(303)
    const hurried = pay(second.page, email).then(async (answer) => {
      const { data } = await stripe.charges.list({ limit: 1 })
      await stripe.refunds.create({ charge: data[0]?.id ?? '' }).catch(() => {})
      return answer
    })
    await second.visitor.get(wayBack(await hurried)).expect(303)
    const order = await undone(email)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
    assert.equal(order.state, 'refunded')
  })
})

describe('a pass bought twice', () => {
  it('from two pages at once opens once, and the second is paid back', async () => {
    const email = 'two-passes@example.com'
    await buyTwice(email, ['summer-pass', 'summer-pass'])
    const order = await undone(email)
    assert.equal(order.state, 'refunded')
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['2000 succeeded'])
    const entitlements = await db
      .selectFrom('entitlements')
      .select('order_id')
      .where('reader_id', '=', order.reader_id)
      .execute()
    assert.equal(entitlements.length, 1)
    assert.notEqual(entitlements[0]?.order_id, order.id)
    assert.deepEqual(await mailsAbout(order.id), [{ kind: 'duplicate' }])
  })

  it('together with a first subscription: the subscription stays', async () => {
    const email = 'pass-in-mixed@example.com'
    await buyTwice(email, ['summer-pass', ['summer-pass', 'digital-monthly']])
    const order = await undone(email)
    assert.equal(order.state, 'partly_refunded')
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['2000 succeeded'])
    const { status } = await stripe.subscriptions.retrieve(order.stripe_subscription_id ?? '')
    assert.equal(status, 'active')
  })
})

describe('a duplicate whose payment is disputed', () => {
  const dispute = async (email: string) => {
    await buyTwice(email, ['all-access-annual', 'all-access-monthly'], { card: '4000000000000259' })
    const order = await eventually(async () => {
      const found = await lastOrder(email)
      assert.equal(found.state, 'disputed')
      return found
    })
    await undoDuplicate(deps, order.id)
    await undoDuplicate(deps, order.id)
    const notes = (await historyOf(order.id)).filter((text) => /cannot be paid back while/.test(text))
    assert.equal(notes.length, 1)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), [])
    assert.deepEqual(await driftOf(order.id), [])
    const { status } = await stripe.subscriptions.retrieve(order.stripe_subscription_id ?? '')
    assert.equal(status, 'canceled')
    const { data } = await stripe.disputes.list({ payment_intent: order.stripe_payment_intent_id ?? '' })
    return { order, disputeId: data[0]?.id ?? '' }
  }
  const decide = (disputeId: string, verdict: string) =>
    stripe.disputes.update(disputeId, { evidence: { uncategorized_text: verdict }, submit: true })

  it('is paid back by itself when the dispute is won', async () => {
    const { order, disputeId } = await dispute('won@example.com')
    await decide(disputeId, 'winning_evidence')
    const after = await undone('won@example.com')
    assert.equal(after.state, 'refunded')
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
    assert.deepEqual(await mailsAbout(order.id), [{ kind: 'duplicate' }])
  })

  it('is settled by the bank when the dispute is lost', async () => {
    const { order, disputeId } = await dispute('lost@example.com')
    await decide(disputeId, 'losing_evidence')
    await undone('lost@example.com')
    assert.ok((await historyOf(order.id)).some((text) => /the bank has paid \$13\.00 back/.test(text)))
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), [])
    assert.deepEqual(await driftOf(order.id), [])
  })
})

describe('a duplicate whose refund fails later', () => {
  it('is said to staff, who can try again; then it is closed', async () => {
    const email = 'fails-later@example.com'
    await buyTwice(email, ['all-access-annual', 'all-access-monthly'], { card: '4000000000005126' })
    const order = await lastOrder(email)
    const [drift] = await eventually(async () => {
      await passTime()
      const found = await driftOf(order.id)
      assert.equal(found.length, 1)
      return found
    })
    assert.match(drift?.fix ?? '', /pay \$13\.00 back by other means/)
    assert.equal((await duplicatesOf(order.id))[0]?.undone_at, null)
    assert.equal((await driftOf(order.id))[0]?.closed_at, null)
    await undoDuplicate(deps, order.id)
    const refunds = await refundsAtStripe(order.stripe_payment_intent_id)
    assert.equal(refunds.length, 2)
    assert.notEqual((await driftOf(order.id))[0]?.closed_at, null)
  })
})

async function passTime(): Promise<void> {
  const body = new URLSearchParams({ days: '2' })
  await fetch(`${newsstand.sandboxUrl}/clock/advance`, { method: 'POST', body })
}

describe('an undoing that was given up', () => {
  it('is queued again by the sweep, unless staff were asked', async () => {
    const email = 'forgotten@example.com'
    await buyTwice(email, ['all-access-annual', 'all-access-monthly'])
    const { id } = await undone(email)
    await db.updateTable('duplicates').set({ undone_at: null }).where('order_id', '=', id).execute()
    await retryForgottenDuplicates(deps)
    assert.equal((await duplicatesOf(id))[0]?.undone_at, null)
    await retryForgottenDuplicates({
      ...deps,
      clock: () => new Date(newsstand.clock().getTime() + 7_200_000),
    })
    await undone(email)
  })
})

describe('how a duplicate stands', () => {
  const usd = (cents: number) => money(cents, 'USD')
  const facts = {
    living: false,
    creditMissing: false,
    owed: usd(1300),
    refunded: usd(0),
    disputes: [],
    refundFailed: false,
  } as const

  it('is told from its subscription, its refunds and its disputes', () => {
    assert.equal(standingOf(facts), 'owed')
    assert.equal(standingOf({ ...facts, refunded: usd(1300) }), 'paid_back')
    assert.equal(standingOf({ ...facts, refunded: usd(1300), living: true }), 'owed')
    assert.equal(standingOf({ ...facts, owed: usd(0) }), 'paid_back')
    assert.equal(standingOf({ ...facts, owed: usd(0), creditMissing: true }), 'owed')
    assert.equal(standingOf({ ...facts, disputes: ['lost'], creditMissing: true }), 'owed')
    assert.equal(standingOf({ ...facts, disputes: ['open'] }), 'waits')
    assert.equal(standingOf({ ...facts, disputes: ['won'] }), 'owed')
    assert.equal(standingOf({ ...facts, disputes: ['won', 'lost'] }), 'by_bank')
    assert.equal(standingOf({ ...facts, disputes: ['none'], refundFailed: true }), 'failed')
    assert.equal(standingOf({ ...facts, refundFailed: true, refunded: usd(1300) }), 'paid_back')
  })
})

describe('a subscription that was taken for an only one', () => {
  it('is declared a duplicate, and undone with all that was paid for it', async () => {
    const email = 'declared@example.com'
    const both = await openTwoPages(newsstand, email, ['all-access-annual', 'all-access-monthly'])
    await both[1].visitor.get(wayBack(await pay(both[1].page, email))).expect(303)
    const order = await lastOrder(email)
    assert.equal(order.state, 'paid')
    await Promise.all([declareDuplicate(deps, order.id), declareDuplicate(deps, order.id)])
    await undoDuplicate(deps, order.id)
    const after = await undone(email)
    assert.equal(after.state, 'refunded')
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
    assert.deepEqual(await driftOf(order.id), [])
  })

  /** A monthly subscription and a pass, bought at once by a new address. */
  const buyBoth = async (email: string, code = '') => {
    const visitor = newsstand.visitor()
    for (const plan of ['summer-pass', 'all-access-monthly']) await choose(visitor, plan)
    if (code) await visitor.post('/cart/promotion').type('form').send({ code }).expect(303)
    await visitor.get(wayBack(await pay(await goToPayment(visitor, email), email))).expect(303)
    return lastOrder(email)
  }

  it('gives back what Stripe charged for it, where a code was for that line alone', async () => {
    const plan = await db
      .selectFrom('plans')
      .select('id')
      .where('slug', '=', 'all-access-monthly')
      .executeTakeFirstOrThrow()
    const none = { amount_off: null, currency: null, redemptions_limit: null, expires_at: null }
    await db
      .insertInto('promotion_codes')
      .values({
        ...none,
        id: crypto.randomUUID(),
        code: 'HALF-A-MONTH',
        percent_off: '50',
        duration: 'once',
        plan_id: plan.id,
        active: true,
        created_at: newsstand.clock(),
        stripe_coupon_id: null,
      })
      .execute()
    const order = await buyBoth('half@example.com', 'HALF-A-MONTH')
    assert.equal(order.total, 2650)
    await declareDuplicate(deps, order.id)
    await undoDuplicate(deps, order.id)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['650 succeeded'])
  })

  it('goes back once, where Stripe made the refund and kept a fault for an answer', async () => {
    const order = await buyBoth('kept@example.com')
    await declareDuplicate(deps, order.id)
    const keys: (string | undefined)[] = []
    const create: typeof stripe.refunds.create = async (params, options) => {
      const refund = await stripe.refunds.create(params, options)
      keys.push(options?.idempotencyKey)
      if (keys.length > 1) return refund
      const headers = { 'idempotent-replayed': 'true' }
      throw new Stripe.errors.StripeAPIError({ type: 'api_error', statusCode: 500, headers })
    }
    const refunds = Object.create(stripe.refunds, { create: { value: create } })
    await undoDuplicate({ ...deps, stripe: Object.create(stripe, { refunds: { value: refunds } }) }, order.id)
    assert.equal(keys.length, 1)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
  })

  it('goes back under another key, where Stripe kept a fault and made no refund', async () => {
    const order = await buyBoth('spent@example.com')
    await declareDuplicate(deps, order.id)
    const keys = new Set<string | undefined>()
    const create: typeof stripe.refunds.create = async (params, options) => {
      keys.add(options?.idempotencyKey)
      if (keys.size > 2) return stripe.refunds.create(params, options)
      const headers = { 'idempotent-replayed': 'true' }
      throw new Stripe.errors.StripeAPIError({ type: 'api_error', statusCode: 500, headers })
    }
    const refunds = Object.create(stripe.refunds, { create: { value: create } })
    await undoDuplicate({ ...deps, stripe: Object.create(stripe, { refunds: { value: refunds } }) }, order.id)
    assert.equal(keys.size, 3)
    assert.deepEqual(await refundsAtStripe(order.stripe_payment_intent_id), ['1300 succeeded'])
  })
})
