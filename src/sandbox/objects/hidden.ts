import type Stripe from 'stripe'
import type { Kind, Shapes, Wire } from './shapes.ts'

export type LineItem = Wire<Stripe.LineItem>

/** What the sandbox keeps of an object besides what the API shows. */
interface HiddenShapes {
  'checkout.session': HiddenSession
  charge: {
    /** When its balance transaction will be there, in seconds; absent or null: it is. */
    balanceAt?: number | null
  }
  coupon: { products: string[] | null }
  invoice: HiddenInvoice
  customer: {
    /** An invoice item may wait for the next invoice. */
    itemsWait?: boolean
  }
  payment_intent: {
    /** Where the bank's page leads back to; null: nowhere. */
    returnUrl: string | null
    /** What the intent is being paid with; null: nothing yet. */
    awaiting: string | null
    /** The debit that it is being paid by; absent or null: none is under way. */
    debit?: Debit | null
    /** The Checkout Session that it was made for, and is told of how a debit ends; absent: none. */
    session?: string
  }
  payment_method: {
    number: string
    /** Under which its account may be debited; absent: none was given. */
    mandate?: string
  }
  price: {
    /** What it costs in other currencies, by currency; absent: it has one. */
    options?: Record<string, CurrencyOption>
  }
  refund: { settlesAt: number | null; fails: boolean }
  setup_intent: {
    return_url: string | null
    /** The customer whose payments go to the stored card from then on. */
    defaultFor?: string
  }
  subscription: HiddenSubscription
  webhook_endpoint: { secret: string }
}
export type Hidden<K extends Kind> = K extends keyof HiddenShapes ? HiddenShapes[K] : Record<string, never>

/** A price in another currency than its own. */
export type CurrencyOption = NonNullable<Shapes['price']['currency_options']>[string]

/** Money that a bank was asked for and has not sent yet. */
export interface Debit {
  charge: string
  /** When the bank answers, in seconds; null: never. */
  endsAt: number | null
  /** What it will answer; null: the money comes. */
  failure: { code: string; message: string } | null
  disputed: boolean
}

export interface HiddenSession {
  lines: LineItem[]
  paymentData: {
    metadata: Record<string, string>
    description: string | null
    receipt_email: string | null
    statement_descriptor: string | null
    setup_future_usage: 'off_session' | 'on_session' | null
  }
  subscriptionData: {
    metadata: Record<string, string>
    description: string | null
    /** The trial's end counted from the day of payment, or fixed in seconds; null: none. */
    trialDays: number | null
    trialEnd: number | null
    missingPaymentMethod: 'cancel' | 'create_invoice' | 'pause'
  }
  setupData: { metadata: Record<string, string>; description: string | null }
  /** The payment or set-up that the page is working on, which subscription mode does not show; null: none yet. */
  intent: string | null
  /** What to pay with once the bank's page has been answered; null: no such page is open. */
  awaiting: { paymentMethod: string } | null
  customerUpdate: boolean
}

export interface HiddenSubscription {
  /** The last trial end of which trial_will_end has told; null: none. */
  announcedTrialEnd: number | null
  /** The last period's end of which invoice.upcoming has told; absent: none. */
  announcedPeriodEnd?: number
  /** A person's wish on the sandbox's page: the next renewal's charge fails. */
  failNextRenewal: boolean
}

export interface HiddenInvoice {
  /** The payment intent that is to pay it, and the invoice payment that joins the two; null: none yet, or nothing due. */
  intent: string | null
  payment: string | null
  /** When the first attempt failed, from which retries count; null: none has. */
  firstFailure: number | null
  /** It was told that nobody paid it in time. */
  overdue?: boolean
}
