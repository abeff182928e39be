import type { Generated } from 'kysely'

export type SubscriptionState =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'canceled'
  | 'unpaid'
  | 'paused'

/** Why an entitlement opens nothing. */
export type Hold = 'dispute' | 'refund' | 'dispute_lost' | 'line_ended'

export interface SubscriptionTables {
  subscriptions: {
    id: string
    reader_id: string
    order_id: string
    plan_id: string
    price_id: string
    opens: string[]
    state: SubscriptionState
    duplicate: Generated<boolean>
    started_at: Date
    paid_until: Date
    given_until: Date | null
    bank_asked: Generated<boolean>
    ends_at: Date | null
    ended_at: Date | null
    stripe_subscription_id: string
    read_number: number
  }
  entitlements: {
    id: string
    reader_id: string
    opens: string[]
    source: 'subscription' | 'order'
    order_id: string
    subscription_id: string | null
    order_position: number | null
    starts_at: Date
    ends_at: Date | null
    runs_on_until: Date | null
    held: Hold | null
    released: Generated<boolean>
  }
}
