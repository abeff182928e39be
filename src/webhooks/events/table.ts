import { onCharge } from './charge.ts'
import { onCheckoutSession } from './checkout-session.ts'
import { onPaymentFailed } from './checkout-session-payment-failed.ts'
import type { Handler } from './effect.ts'
import { onProcessing } from './payment-intent.ts'
import { onDispute, onRefund } from './refund.ts'
import { onInvoice, onSubscription } from './subscription.ts'

/**
 * Every event that changes something here. All others are kept and ignored. A Stripe endpoint needs no more than these;
 * names checked against API version 2026-10-28.
 */
export const handlers: Readonly<Record<string, Handler>> = {
  'checkout.session.completed': onCheckoutSession,
  'checkout.session.async_payment_succeeded': onCheckoutSession,
  'checkout.session.async_payment_failed': onPaymentFailed,
  'checkout.session.expired': onCheckoutSession,
  'customer.subscription.created': onSubscription,
  'customer.subscription.updated': onSubscription,
  'customer.subscription.deleted': onSubscription,
  'customer.subscription.paused': onSubscription,
  'customer.subscription.resumed': onSubscription,
  'invoice.paid': onInvoice,
  'invoice.payment_failed': onInvoice,
  'payment_intent.processing': onProcessing,
  'charge.updated': onCharge,
  'charge.refunded': onRefund,
  'refund.created': onRefund,
  'refund.updated': onRefund,
  'refund.failed': onRefund,
  'charge.dispute.created': onDispute,
  'charge.dispute.updated': onDispute,
  'charge.dispute.closed': onDispute,
  'charge.dispute.funds_withdrawn': onDispute,
  'charge.dispute.funds_reinstated': onDispute,
}
