import { nextInvoiceMoment } from '../billing/next-invoice-moment.ts'
import { nextMoment } from '../billing/next-moment.ts'
import type { Hidden } from './hidden.ts'
import type { Kind, Shapes } from './shapes.ts'

/** A dotted path to one value, or a function that gives values. */
type Path = string | ((data: object) => unknown[])
interface Index<K extends Kind> {
  /** What lists of this kind can be filtered by: the filter's name and where the value stands. */
  refs?: Record<string, Path>
  /** The next moment at which time alone changes it, in seconds; null: never. */
  due?: (data: Shapes[K], hidden: Hidden<K>) => number | null
}

/** How each kind is found again. A kind without an entry is found by its id alone. */
export const indexes: { [K in Kind]?: Index<K> } = {
  balance_transaction: { refs: { source: 'source', type: 'type', currency: 'currency' } },
  'billing_portal.configuration': { refs: { active: 'active', is_default: 'is_default' } },
  charge: {
    refs: { customer: 'customer', payment_intent: 'payment_intent' },
    due: (_, hidden) => hidden.balanceAt ?? null,
  },
  'checkout.session': {
    refs: {
      customer: 'customer',
      email: 'customer_details.email',
      payment_intent: 'payment_intent',
      recovery: 'after_expiration.recovery.url',
      status: 'status',
      subscription: 'subscription',
    },
    due: (session) => (session.status === 'open' ? session.expires_at : null),
  },
  customer: { refs: { email: 'email' } },
  customer_balance_transaction: { refs: { customer: 'customer' } },
  discount: { refs: { customer: 'customer', subscription: 'subscription' } },
  dispute: { refs: { charge: 'charge', payment_intent: 'payment_intent' } },
  invoice: {
    refs: {
      customer: 'customer',
      status: 'status',
      subscription: 'parent.subscription_details.subscription',
      collection_method: 'collection_method',
    },
    due: nextInvoiceMoment,
  },
  invoice_payment: {
    refs: {
      invoice: 'invoice',
      payment_intent: 'payment.payment_intent',
      charge: 'payment.charge',
      status: 'status',
    },
  },
  invoiceitem: {
    refs: {
      customer: 'customer',
      invoice: 'invoice',
      pending: (item) => [valueAt(item, 'invoice') === null],
      subscription: 'parent.subscription_details.subscription',
    },
  },
  payment_intent: {
    refs: { customer: 'customer', status: 'status' },
    due: (_, hidden) => hidden.debit?.endsAt ?? null,
  },
  payment_method: { refs: { customer: 'customer', type: 'type' } },
  price: {
    refs: {
      active: 'active',
      currency: 'currency',
      interval: 'recurring.interval',
      lookup_key: 'lookup_key',
      product: 'product',
      type: 'type',
      usage_type: 'recurring.usage_type',
    },
  },
  product: { refs: { active: 'active', url: 'url', shippable: 'shippable' } },
  promotion_code: {
    refs: { active: 'active', code: 'code', coupon: 'promotion.coupon', customer: 'customer' },
  },
  refund: {
    refs: { charge: 'charge', payment_intent: 'payment_intent' },
    due: (_, hidden) => hidden.settlesAt,
  },
  setup_intent: { refs: { customer: 'customer', payment_method: 'payment_method' } },
  subscription: {
    refs: {
      customer: 'customer',
      status: 'status',
      collection_method: 'collection_method',
      item: (subscription) => itemsOf(subscription).map((item) => valueAt(item, 'id')),
      price: (subscription) => itemsOf(subscription).map((item) => valueAt(item, 'price.id')),
    },
    due: nextMoment,
  },
  webhook_endpoint: { refs: { status: 'status' } },
}

/** The refs of one object as `name:value`; what is null has none. */
export function refsOf(kind: Kind, data: object): string[] {
  return Object.entries(indexes[kind]?.refs ?? {}).flatMap(([name, path]) => {
    const values = typeof path === 'string' ? [valueAt(data, path)] : path(data)
    return values.filter((value) => value !== null && value !== undefined).map((value) => `${name}:${value}`)
  })
}

function itemsOf(subscription: object): unknown[] {
  const items = valueAt(subscription, 'items.data')
  return Array.isArray(items) ? items : []
}

/** The value at a dotted path; undefined where a step is missing. */
export function valueAt(data: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), data)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
