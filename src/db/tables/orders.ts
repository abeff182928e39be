import type { Generated, GeneratedAlways } from 'kysely'

export type OrderState =
  | 'pending'
  | 'paid'
  | 'failed'
  | 'expired'
  | 'partly_refunded'
  | 'refunded'
  | 'disputed'

export interface OrderTables {
  orders: {
    id: string
    number: string
    state: OrderState
    email: string
    reader_id: string | null
    made_reader: Generated<boolean>
    cart_id: string | null
    fingerprint: string
    browser_hash: string
    browser_signed_in_at: Date | null
    currency: string
    subtotal: number
    discount: number
    tax: number
    total: number
    refunded: Generated<number>
    promotion_code_id: string | null
    from_article: string | null
    attempt: Generated<number>
    turn: GeneratedAlways<number>
    card: string | null
    bank_asked_at: Date | null
    placed_at: Date
    paid_at: Date | null
    stripe_customer_id: string | null
    stripe_payment_intent_id: string | null
    stripe_subscription_id: string | null
  }
  order_lines: {
    order_id: string
    position: number
    plan_id: string
    price_id: string
    stripe_price_id: string | null
    name: string
    kind: 'subscription' | 'pass' | 'gift'
    interval: 'month' | 'year' | null
    lasts_months: number | null
    opens: string[]
    quantity: number
    unit_amount: number
    total: number
  }
  order_consents: { order_id: string; name: string; text: string; given_at: Date }
  checkout_sessions: {
    id: string
    order_id: string
    attempt: number
    url: string | null
    state: 'open' | 'complete' | 'expired'
    expires_at: Date
    created_at: Date
  }
  payments: {
    id: string
    order_id: string
    kind: 'first' | 'renewal'
    currency: string
    amount: number
    stripe_source_id: string
    stripe_payment_intent_id: string | null
    paid_at: Date
  }
  refunds: {
    id: string
    order_id: string
    currency: string
    amount: number
    state: string
    reason: string
    stripe_refund_id: string | null
    asked_at: Date
    read_number: Generated<number>
  }
  duplicates: {
    order_id: string
    position: number
    amount: number
    found_at: Date
    undone_at: Date | null
  }
  disputes: {
    stripe_dispute_id: string
    order_id: string
    currency: string
    amount: number
    state: string
    opened_at: Date
    read_number: Generated<number>
  }
  order_history: {
    id: GeneratedAlways<number>
    order_id: string
    at: Date
    text: string
    by: 'reader' | 'staff' | 'stripe' | 'newsstand'
  }
  stripe_customers: { reader_id: string; currency: string; stripe_customer_id: string }
}
