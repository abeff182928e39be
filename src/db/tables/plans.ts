import type { Generated } from 'kysely'

export interface PlanTables {
  plans: {
    id: string
    slug: string
    name: string
    summary: string
    kind: 'subscription' | 'pass' | 'gift'
    opens: string[]
    lasts_months: number | null
    active: boolean
    position: number
    created_at: Date
    stripe_product_id: string | null
  }
  prices: {
    id: string
    plan_id: string
    currency: string
    unit_amount: number
    interval: 'month' | 'year' | null
    active: boolean
    created_at: Date
    stripe_price_id: string | null
  }
  promotion_codes: {
    id: string
    code: string
    /** numeric arrives as text */
    percent_off: string | null
    amount_off: number | null
    currency: string | null
    duration: 'once' | 'forever'
    plan_id: string | null
    redemptions_limit: number | null
    redemptions: Generated<number>
    once_per_reader: Generated<boolean>
    expires_at: Date | null
    active: boolean
    created_at: Date
    stripe_coupon_id: string | null
  }
}
