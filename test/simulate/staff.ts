import Stripe from 'stripe'
import type { Book } from './book.ts'
import type { Random } from './random.ts'

/** Whoever can speak to Stripe. */
export interface Dashboard {
  stripe: Stripe
  book: Book
}

const tries = 8

/**
 * Asks the sandbox until it answers, since its calls fail at random too. null: it refused, as it does what is no longer
 * possible (a refund of what was refunded, say).
 */
export async function insist<T>(call: () => Promise<T>): Promise<T | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (error instanceof Stripe.errors.StripeInvalidRequestError) return null
      if (attempt === tries) throw error
    }
  }
}

/** What can happen to a purchase later, at Stripe's side of it. */
export type Deed =
  | 'cancel at period end'
  | 'resume'
  | 'cancel now'
  | 'refund a part'
  | 'refund in full'
  | 'refund in full and cancel'
  | 'refund a renewal in full'
  | 'collection is paused'
  | 'collection is resumed'
  | 'subscription is paused'
  | 'paused subscription is resumed'
  | keyof typeof presets
  | 'plan is changed'
  | 'dispute answered'

/** What renewals are paid with from now on; the names are Stripe's. */
const presets = {
  'card begins to fail': 'pm_card_chargeCustomerFail',
  'card is replaced': 'pm_card_visa',
  'bank is to pay renewals': 'pm_usBankAccount_success',
  'bank is to pay renewals, without funds': 'pm_usBankAccount_insufficientFunds',
} as const

function isPreset(deed: Deed): deed is keyof typeof presets {
  return deed in presets
}

/** Does it to what a Checkout Session sold. Returns whether it was possible. */
export async function doDeed(
  dashboard: Dashboard,
  deed: Deed,
  sessionId: string,
  random: Random,
): Promise<boolean> {
  const { stripe } = dashboard
  const session = await insist(() =>
    stripe.checkout.sessions.retrieve(sessionId, { expand: ['payment_intent'] }),
  )
  if (session?.status !== 'complete') return false
  const subscription = typeof session.subscription === 'string' ? session.subscription : null
  if (deed === 'dispute answered') return answerDisputes(dashboard, session, random)
  if (deed === 'refund a part') return refund(dashboard, session, random.pick([0.1, 0.25, 0.5]), random)
  if (deed === 'refund in full') return refund(dashboard, session, 1, random)
  if (!subscription) return false
  if (deed === 'refund in full and cancel') {
    const refunded = await refund(dashboard, session, 1, random)
    return (await cancelNow(dashboard, subscription)) || refunded
  }
  if (deed === 'cancel now') return cancelNow(dashboard, subscription)
  if (deed === 'plan is changed') return changePlan(dashboard, subscription, random)
  if (deed === 'refund a renewal in full') return refundRenewal(dashboard, session, random)
  if (isPreset(deed)) return replaceMeans(dashboard, subscription, presets[deed])
  if (deed === 'collection is paused') return pauseCollection(dashboard, subscription, random)
  if (deed === 'collection is resumed') return resumeCollection(dashboard, subscription)
  if (deed === 'subscription is paused')
    return (await insist(() => stripe.subscriptions.pause(subscription, { type: 'subscription' }))) !== null
  if (deed === 'paused subscription is resumed')
    return (await insist(() => stripe.subscriptions.resume(subscription))) !== null
  const changed = await insist(() =>
    stripe.subscriptions.update(subscription, { cancel_at_period_end: deed === 'cancel at period end' }),
  )
  return changed !== null
}

/** To another of our prices, with or without the difference being reckoned up, or paid at once. */
async function changePlan({ stripe }: Dashboard, id: string, random: Random): Promise<boolean> {
  const proration_behavior = random.pick(['create_prorations', 'always_invoice', 'none'] as const)
  const drawn = random.next()
  const subscription = await insist(() => stripe.subscriptions.retrieve(id))
  const item = subscription?.items.data[0]
  if (!item || subscription.status === 'canceled') return false
  const prices = await insist(() => stripe.prices.list({ active: true, type: 'recurring', limit: 100 }))
  const others = (prices?.data ?? [])
    .filter(({ id, currency }) => id !== item.price.id && currency === item.price.currency)
    .toSorted((a, b) => (a.unit_amount ?? 0) - (b.unit_amount ?? 0))
  const price = others[Math.floor(drawn * others.length)]?.id
  if (!price) return false
  const changes = { items: [{ id: item.id, price }], proration_behavior }
  return (await insist(() => stripe.subscriptions.update(id, changes))) !== null
}

async function cancelNow({ stripe }: Dashboard, subscription: string): Promise<boolean> {
  return (await insist(() => stripe.subscriptions.cancel(subscription))) !== null
}

async function replaceMeans({ stripe }: Dashboard, subscription: string, preset: string): Promise<boolean> {
  const present = await insist(() => stripe.subscriptions.retrieve(subscription))
  if (!present || present.status === 'canceled') return false
  const customer = typeof present.customer === 'string' ? present.customer : present.customer.id
  const method = await insist(() => stripe.paymentMethods.attach(preset, { customer }))
  if (!method) return false
  const changes = { default_payment_method: method.id }
  return (await insist(() => stripe.subscriptions.update(subscription, changes))) !== null
}

/** Its renewals are drawn up as before, and asked of nobody. */
async function pauseCollection({ stripe }: Dashboard, id: string, random: Random): Promise<boolean> {
  const behavior = random.pick(['void', 'mark_uncollectible', 'keep_as_draft'] as const)
  const subscription = await insist(() => stripe.subscriptions.retrieve(id))
  if (!subscription || subscription.status === 'canceled' || subscription.pause_collection) return false
  return (await insist(() => stripe.subscriptions.update(id, { pause_collection: { behavior } }))) !== null
}

/** What was given away until now is noted: Stripe forgets it. */
async function resumeCollection({ stripe, book }: Dashboard, id: string): Promise<boolean> {
  const subscription = await insist(() => stripe.subscriptions.retrieve(id))
  if (!subscription?.pause_collection) return false
  book.givenUntil.set(id, Math.max(...subscription.items.data.map((item) => item.current_period_end)))
  return (await insist(() => stripe.subscriptions.update(id, { pause_collection: '' }))) !== null
}

/** All of one payment but the first. */
async function refundRenewal(
  dashboard: Dashboard,
  session: Stripe.Checkout.Session,
  random: Random,
): Promise<boolean> {
  const [, ...renewals] = (await chargesOf(dashboard, session)).toReversed()
  const whole = renewals.filter((charge) => charge.amount_refunded === 0)
  if (whole.length === 0) return false
  const charge = random.pick(whole).id
  return (await insist(() => dashboard.stripe.refunds.create({ charge }))) !== null
}

/** `share` of one payment, or all that is left of every payment where it is 1. */
async function refund(
  dashboard: Dashboard,
  session: Stripe.Checkout.Session,
  share: number,
  random: Random,
): Promise<boolean> {
  const charges = await chargesOf(dashboard, session)
  if (charges.length === 0) return false
  const chosen = share === 1 ? charges : [random.pick(charges)]
  let any = false
  for (const charge of chosen) {
    const left = charge.amount - charge.amount_refunded
    const amount = share === 1 ? left : Math.min(left, Math.round(charge.amount * share))
    if (amount <= 0) continue
    any = (await insist(() => dashboard.stripe.refunds.create({ charge: charge.id, amount }))) !== null || any
  }
  return any
}

async function chargesOf({ stripe }: Dashboard, session: Stripe.Checkout.Session): Promise<Stripe.Charge[]> {
  const customer = typeof session.customer === 'string' ? session.customer : null
  if (!customer) return []
  const page = await insist(() => stripe.charges.list({ customer, limit: 100 }))
  return (page?.data ?? []).filter((charge) => charge.status === 'succeeded')
}

async function answerDisputes(
  dashboard: Dashboard,
  session: Stripe.Checkout.Session,
  random: Random,
): Promise<boolean> {
  let any = false
  for (const charge of await chargesOf(dashboard, session)) {
    const page = await insist(() => dashboard.stripe.disputes.list({ charge: charge.id }))
    for (const dispute of page?.data ?? []) {
      const verdict = random.pick(['winning_evidence', 'losing_evidence'])
      const answer = { evidence: { uncategorized_text: verdict }, submit: true }
      any = (await insist(() => dashboard.stripe.disputes.update(dispute.id, answer))) !== null || any
    }
  }
  return any
}
