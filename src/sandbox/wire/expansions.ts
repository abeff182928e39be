import { currencyOptions } from '../billing/price-in.ts'
import type { Stored, Work } from '../objects/work.ts'
import { wholeList } from './list.ts'

/** What stands at a path: an id (or list of ids) of another object, a list that is always there, or one only on request. */
export type Expansion =
  | { to: string[] }
  | { list: string }
  | { include: (work: Work, id: string) => Promise<unknown>; of: string | null }

const to = (...kinds: string[]): Expansion => ({ to: kinds })

/**
 * What may be expanded, by kind and path. Taken from the object descriptions at https://docs.stripe.com/api
 * ("Expandable", read 2026-11-22), for the kinds that the sandbox keeps.
 */
export const expansions: Record<string, Record<string, Expansion>> = {
  balance_transaction: { source: to('charge', 'refund', 'dispute') },
  'billing_portal.session': { configuration: to('billing_portal.configuration') },
  charge: {
    balance_transaction: to('balance_transaction'),
    customer: to('customer'),
    failure_balance_transaction: to('balance_transaction'),
    payment_intent: to('payment_intent'),
    refunds: { include: refundsOf, of: 'refund' },
  },
  'checkout.session': {
    customer: to('customer'),
    'discounts.coupon': to('coupon'),
    'discounts.promotion_code': to('promotion_code'),
    invoice: to('invoice'),
    line_items: { include: lineItemsOf, of: 'item' },
    payment_intent: to('payment_intent'),
    setup_intent: to('setup_intent'),
    subscription: to('subscription'),
  },
  coupon: { applies_to: { include: productsOf, of: null } },
  customer: {
    'invoice_settings.default_payment_method': to('payment_method'),
    subscriptions: { include: subscriptionsOf, of: 'subscription' },
    sources: { include: async (_, id) => wholeList([], `/v1/customers/${id}/sources`), of: 'source' },
    tax_ids: { include: async (_, id) => wholeList([], `/v1/customers/${id}/tax_ids`), of: 'tax_id' },
  },
  customer_balance_transaction: {
    checkout_session: to('checkout.session'),
    customer: to('customer'),
    invoice: to('invoice'),
  },
  discount: {
    customer: to('customer'),
    promotion_code: to('promotion_code'),
    'source.coupon': to('coupon'),
  },
  dispute: { charge: to('charge'), payment_intent: to('payment_intent') },
  invoice: {
    customer: to('customer'),
    default_payment_method: to('payment_method'),
    discounts: to('discount'),
    lines: { list: 'line_item' },
    'parent.subscription_details.subscription': to('subscription'),
    payments: { include: paymentsOf, of: 'invoice_payment' },
    'total_discount_amounts.discount': to('discount'),
  },
  invoice_payment: {
    invoice: to('invoice'),
    'payment.charge': to('charge'),
    'payment.payment_intent': to('payment_intent'),
  },
  invoiceitem: { customer: to('customer'), discounts: to('discount'), invoice: to('invoice') },
  item: {
    'price.product': to('product'),
    'price.currency_options': { include: currencyOptions, of: null },
  },
  line_item: {
    discounts: to('discount'),
    'discount_amounts.discount': to('discount'),
    'pricing.price_details.price': to('price'),
    subscription: to('subscription'),
  },
  mandate: { payment_method: to('payment_method') },
  payment_intent: {
    customer: to('customer'),
    latest_charge: to('charge'),
    payment_method: to('payment_method'),
  },
  payment_method: { customer: to('customer') },
  price: { currency_options: { include: currencyOptions, of: null }, product: to('product') },
  product: { default_price: to('price') },
  promotion_code: { customer: to('customer'), 'promotion.coupon': to('coupon') },
  refund: {
    balance_transaction: to('balance_transaction'),
    charge: to('charge'),
    customer: to('customer'),
    failure_balance_transaction: to('balance_transaction'),
    payment_intent: to('payment_intent'),
    payment_method: to('payment_method'),
  },
  setup_intent: { customer: to('customer'), payment_method: to('payment_method') },
  subscription: {
    customer: to('customer'),
    default_payment_method: to('payment_method'),
    discounts: to('discount'),
    items: { list: 'subscription_item' },
    latest_invoice: to('invoice'),
    pending_setup_intent: to('setup_intent'),
  },
  subscription_item: {
    discounts: to('discount'),
    'price.currency_options': { include: currencyOptions, of: null },
    'price.product': to('product'),
  },
}

async function lineItemsOf(work: Work, id: string) {
  const session = await work.find('checkout.session', id)
  return wholeList(session?.hidden.lines ?? [], `/v1/checkout/sessions/${id}/line_items`)
}

async function productsOf(work: Work, id: string) {
  const coupon = await work.find('coupon', id)
  // A coupon for everything has no such field even when asked for.
  return coupon?.hidden.products ? { products: coupon.hidden.products } : undefined
}

async function subscriptionsOf(work: Work, id: string) {
  const subscriptions = await work.list('subscription', { customer: id })
  const living = dataOf(subscriptions).filter((subscription) => subscription.status !== 'canceled')
  return wholeList(living, `/v1/customers/${id}/subscriptions`)
}

async function refundsOf(work: Work, id: string) {
  return wholeList(dataOf(await work.list('refund', { charge: id })), `/v1/charges/${id}/refunds`)
}

async function paymentsOf(work: Work, id: string) {
  const payments = await work.list('invoice_payment', { invoice: id })
  return wholeList(dataOf(payments), `/v1/invoice_payments?invoice=${id}`)
}

function dataOf<K extends Parameters<Work['find']>[0]>(stored: Stored<K>[]): Stored<K>['data'][] {
  return stored.map((one) => one.data)
}
