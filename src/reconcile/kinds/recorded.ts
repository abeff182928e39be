import type { DriftKind } from '../../orders/drift.ts'
import { readSubscription } from '../../subscriptions/read-subscription.ts'
import { isLiving } from '../../subscriptions/subscription.ts'
import { asRecorded } from '../as-recorded.ts'
import { orNull } from '../ask.ts'
import type { Fix, Kind } from '../kind.ts'
import { cancelAtStripe } from '../pay-back.ts'
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
      confirm: 'At Stripe, the subscription is cancelled now; nothing more is charged for it.',
      apply: async (deps, { subject }) => {
        await cancelAtStripe(deps.stripe, subject)
        await tellAgain(deps, 'customer.subscription.updated', subject)
      },
    },
    { ...noted, label: 'Let it go on' },
  ],
}

/** A question: what a part refund was for. */
export const refundNamesNoLine: Kind = {
  title: 'What was paid back in part?',
  look: async (_, subject) => asRecorded('refund_names_no_line' satisfies DriftKind, subject),
  fixes: [{ ...noted, label: 'Leave access as it is' }],
}
