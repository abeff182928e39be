import type Stripe from 'stripe'

/**
 * An API object as it travels: decimals are strings, and what may be expanded is an id. Stripe's own types say which
 * fields exist and which may be null, so an object that lacks one does not compile.
 */
export type Wire<T> = T extends Stripe.Decimal
  ? string
  : T extends ReadonlyArray<infer Item>
    ? WireField<Item>[]
    : T extends object
      ? { [Name in keyof T]: WireField<T[Name]> }
      : T

/** `string extends T` holds for plain text and for `string | Customer | null`: of both, only what is no object stays. */
type WireField<T> = string extends T ? Exclude<T, object> : Wire<T>

/** What the sandbox keeps as objects of their own, by the name in their `object` field. */
export interface Shapes {
  account: Wire<Stripe.Account>
  balance_transaction: Wire<Stripe.BalanceTransaction>
  'billing_portal.configuration': Wire<Stripe.BillingPortal.Configuration>
  'billing_portal.session': Wire<Stripe.BillingPortal.Session>
  charge: Wire<Stripe.Charge>
  'checkout.session': Wire<Stripe.Checkout.Session>
  coupon: Wire<Stripe.Coupon>
  customer: Wire<Stripe.Customer>
  customer_balance_transaction: Wire<Stripe.CustomerBalanceTransaction>
  discount: Wire<Stripe.Discount>
  dispute: Wire<Stripe.Dispute>
  invoice: Wire<Stripe.Invoice>
  invoice_payment: Wire<Stripe.InvoicePayment>
  invoiceitem: Wire<Stripe.InvoiceItem>
  mandate: Wire<Stripe.Mandate>
  payment_intent: Wire<Stripe.PaymentIntent>
  payment_method: Wire<Stripe.PaymentMethod>
  price: Wire<Stripe.Price>
  product: Wire<Stripe.Product>
  promotion_code: Wire<Stripe.PromotionCode>
  refund: Wire<Stripe.Refund>
  setup_intent: Wire<Stripe.SetupIntent>
  subscription: Wire<Stripe.Subscription>
  webhook_endpoint: Wire<Stripe.WebhookEndpoint>
}
export type Kind = keyof Shapes
