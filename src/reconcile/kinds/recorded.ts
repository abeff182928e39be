import type { Transaction } from '../../db/database.ts'
import { answerRefund } from '../../entitlements/answer-refund.ts'
import { release } from '../../entitlements/release.ts'
import type { DriftKind } from '../../orders/drift.ts'
import type { OrderLine } from '../../orders/order.ts'
import { findRefund } from '../../orders/refunds.ts'
import { findOrder } from '../../orders/store.ts'
import { orNull } from '../../stripe/client.ts'
import { cancelAtOnce } from '../../subscriptions/cancel-at-once.ts'
import { readSubscription } from '../../subscriptions/read-subscription.ts'
import { findSubscriptionOfOrder } from '../../subscriptions/store.ts'
import { isLiving } from '../../subscriptions/subscription.ts'
import { asRecorded } from '../as-recorded.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Fix, type Kind, type Task } from '../kind.ts'
import { tellAgain } from '../tell-again.ts'
import { noDifference } from './no-difference.ts'

/** Staff have seen it, and nothing is to be done by us. */
const noted: Fix = { name: 'note', label: 'I have seen it', closes: true, apply: async () => {} }

const follow: Fix = {
  name: 'follow',
  label: 'Compare again',
  apply: (deps, { subject }) => tellAgain(deps, 'customer.subscription.updated', subject),
}

/** Following a subscription writes it down, and closes it when Stripe bills one of our prices again. */
export const planUnknown: Kind = {
  title: 'A subscription to no plan of ours',
  look: async (_, subject) => asRecorded('plan_unknown', subject),
  fixes: [follow],
}

export const subscriptionImpossible: Kind = {
  title: 'A change that cannot be',
  look: async (_, subject) => asRecorded('subscription_impossible', subject),
  fixes: [noted],
}

const endsAtOnce = 'At Stripe, the subscription is cancelled now; nothing more is charged for it.'

export const disputeLostGoesOn: Kind = {
  title: 'A lost dispute, and it renews',
  look: async (deps, subject) => {
    const facts = await orNull(readSubscription(deps.stripe, subject))
    return facts && isLiving(facts.state) ? asRecorded('dispute_lost_goes_on', subject) : noDifference
  },
  fixes: [
    {
      name: 'cancel',
      label: 'Cancel the subscription',
      confirm: endsAtOnce,
      apply: (deps, { subject }) => cancelAndFollow(deps, subject),
    },
    { name: 'release', label: 'Let the reader read on', closes: true, apply: letReadOn },
    { ...noted, label: 'Let it renew, and open nothing' },
  ],
}

/** A question: whether a reader is to be charged again who got everything back. */
export const refundedGoesOn: Kind = {
  title: 'All paid back, and it renews',
  look: async ({ db, stripe }, subject) => {
    const id = await findSubscriptionId(db, (await findRefund(db, subject))?.orderId ?? null)
    const facts = id ? await orNull(readSubscription(stripe, id)) : null
    return facts && isLiving(facts.state) ? asRecorded('refunded_goes_on', subject) : noDifference
  },
  fixes: [
    {
      name: 'cancel',
      label: 'End the subscription now',
      confirm: endsAtOnce,
      apply: async (deps, { orderId }) => {
        const id = await findSubscriptionId(deps.db, orderId)
        if (!id) throw new CannotMend('It belongs to no order with a subscription.')
        await cancelAndFollow(deps, id)
      },
    },
    { ...noted, label: 'Let it go on' },
  ],
}

async function findSubscriptionId(db: Transaction, orderId: string | null): Promise<string | null> {
  const subscription = orderId ? await findSubscriptionOfOrder(db, orderId) : null
  return subscription?.stripeSubscriptionId ?? null
}

async function cancelAndFollow(deps: ReconcileDeps, stripeSubscriptionId: string): Promise<void> {
  await cancelAtOnce(deps.stripe, stripeSubscriptionId)
  await tellAgain(deps, 'customer.subscription.updated', stripeSubscriptionId)
}

/** A question: what a part refund was for. */
export const refundNamesNoLine: Kind = {
  title: 'What was paid back in part?',
  look: async (_, subject) => asRecorded('refund_names_no_line' satisfies DriftKind, subject),
  fixes: [{ ...noted, label: 'Leave access as it is' }, ...[0, 1, 2].map(endsLine)],
}

/** "End what line 1 opens: All-Access, yearly (cancels its subscription at once)", wherever staff are offered it. */
export function endLineLabel({ name, kind }: OrderLine, position: number): string {
  const cancels = kind === 'subscription' ? ' (cancels its subscription at once)' : ''
  return `End what line ${position + 1} opens: ${name}${cancels}`
}

function endsLine(position: number): Fix {
  return {
    name: `end-line-${position + 1}`,
    label: `End what line ${position + 1} opens`,
    labelFor: ({ lines }) => {
      const line = lines[position]
      return line ? endLineLabel(line, position) : null
    },
    confirm:
      'What this line of the order opens ends now; if it is a subscription, it is cancelled at Stripe. Nothing more is paid back.',
    closes: true,
    apply: (deps, task) => endLineOf(deps, task, position),
  }
}

async function endLineOf(deps: ReconcileDeps, { orderId, subject, by }: Task, ends: number): Promise<void> {
  const order = orderId ? await findOrder(deps.db, orderId) : null
  if (!order) throw new CannotMend('It belongs to no order.')
  if (ends >= order.lines.length) throw new CannotMend(`Order ${order.number} has no line ${ends + 1}.`)
  await answerRefund(deps, { orderId: order.id, stripeRefundId: subject, ends, by })
}

async function letReadOn(deps: ReconcileDeps, { orderId, by }: Task): Promise<void> {
  if (!orderId) throw new CannotMend('It belongs to no order.')
  await release(deps, { orderId, released: true, by })
}
