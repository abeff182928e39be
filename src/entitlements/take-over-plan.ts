import type { Clock } from '../clock.ts'
import type { Transaction } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { formatMoney } from '../money/format-money.ts'
import { closeDrift, recordDrift } from '../orders/drift.ts'
import { writeHistory } from '../orders/history.ts'
import { type Plan, type Price, perText } from '../plans/plan.ts'
import { findByStripePrice, findPlanById } from '../plans/store.ts'
import type { SubscriptionFacts } from '../subscriptions/read-subscription.ts'
import type { Subscription } from '../subscriptions/subscription.ts'

export interface PlanDeps {
  clock: Clock
  installation: Installation
}

/**
 * The subscription with the plan, the price and what they open, as Stripe bills it now; a change is written to the
 * order's history. What bills several prices, or one that is none of ours, keeps its plan and becomes drift.
 */
export async function takeOverPlan(
  tx: Transaction,
  deps: PlanDeps,
  known: Subscription,
  facts: SubscriptionFacts,
): Promise<Subscription> {
  const sold = await soldBy(tx, facts)
  if (!sold) {
    await askStaff(tx, deps, known, facts)
    return known
  }
  await closeDrift(tx, { kind: 'plan_unknown', subject: known.stripeSubscriptionId }, deps.clock())
  const { plan, price } = sold
  if (price.id === known.priceId) return known
  await noteChange(tx, deps, known, sold)
  return { ...known, planId: plan.id, priceId: price.id, opens: plan.opens }
}

interface Sold {
  plan: Plan
  price: Price
}

/** null: not one plan of ours that renews. */
async function soldBy(tx: Transaction, { stripePriceIds }: SubscriptionFacts): Promise<Sold | null> {
  const [only, ...more] = stripePriceIds
  const sold = only && more.length === 0 ? await findByStripePrice(tx, only) : null
  return sold?.plan.kind === 'subscription' ? sold : null
}

async function askStaff(
  tx: Transaction,
  { clock }: PlanDeps,
  known: Subscription,
  facts: SubscriptionFacts,
): Promise<void> {
  const plan = await findPlanById(tx, known.planId)
  const difference = {
    kind: 'plan_unknown',
    subject: known.stripeSubscriptionId,
    orderId: known.orderId,
    stripeSays: `It bills ${facts.stripePriceIds.join(', ') || 'nothing'}`,
    weSay: `It is for ${plan.name}`,
    fix: 'Give the subscription one item in Stripe, with a price of one of our plans; it opens what it did until then.',
  } as const
  await recordDrift(tx, difference, clock())
}

async function noteChange(
  tx: Transaction,
  { clock, installation }: PlanDeps,
  known: Subscription,
  { plan, price }: Sold,
): Promise<void> {
  const before = await findPlanById(tx, known.planId)
  const amount = `${formatMoney(price.amount, installation.locale)} ${perText(price.interval)}`
  const text =
    before.id === plan.id
      ? `Price of ${plan.name} changed, now ${amount}`
      : `Plan changed from ${before.name} to ${plan.name}, ${amount}`
  await writeHistory(tx, known.orderId, { at: clock(), text, by: 'stripe' })
}
