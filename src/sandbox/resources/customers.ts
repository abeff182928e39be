import { cancelSubscription } from '../billing/cancel-subscription.ts'
import { given } from '../objects/given.ts'
import { newId, randomLetters } from '../objects/ids.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { attachPaymentMethod } from '../payments/attach-payment-method.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, clearable, list, metadata, object, oneOf, text, type Values } from '../wire/parameters.ts'
import { address, shipping, toAddress } from './addresses.ts'
import { named, referred } from './find.ts'

const fields = {
  address: clearable(address()),
  description: clearable(text()),
  email: clearable(text(512)),
  invoice_settings: object({ default_payment_method: clearable(text()), footer: clearable(text()) }),
  metadata: metadata(),
  name: clearable(text(256)),
  phone: clearable(text(20)),
  preferred_locales: list(text()),
  shipping: clearable(shipping()),
  tax_exempt: clearable(oneOf('exempt', 'none', 'reverse')),
  validate: boolean(),
}
type Params = Values<typeof fields>

export const customerEndpoints = [
  endpoint(
    'POST',
    '/v1/customers',
    'customer',
    { ...fields, payment_method: text() },
    async ({ work }, params) => {
      const { payment_method, ...rest } = params
      const settings = rest.invoice_settings
      // The same name for both means one card: it is attached, and then it is the default.
      const isDefault = payment_method !== undefined && settings?.default_payment_method === payment_method
      const plain = isDefault
        ? { ...rest, invoice_settings: { footer: settings.footer, default_payment_method: undefined } }
        : rest
      const customer = addCustomer(work, await changesOf(work, plain, null))
      if (!payment_method) return customer
      const { id } = await attachPaymentMethod(work, payment_method, customer.id)
      if (!isDefault) return customer
      const changed = { invoice_settings: { ...customer.invoice_settings, default_payment_method: id } }
      return work.change('customer', customer.id, changed, 'customer.updated')
    },
  ),
  endpoint(
    'GET',
    '/v1/customers',
    'customer',
    { ...pagination, created, email: text(512) },
    ({ work }, params) =>
      listObjects(work, 'customer', params, {
        url: '/v1/customers',
        refs: { email: params.email },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/customers/{id}', 'customer', {}, async ({ work, id }) => {
    return (await named(work, 'customer', id, { evenDeleted: true })).data
  }),
  endpoint('POST', '/v1/customers/{id}', 'customer', fields, async ({ work, id }, params) => {
    const { data } = await named(work, 'customer', id, { take: true })
    return work.change('customer', id, await changesOf(work, params, data), 'customer.updated')
  }),
  endpoint('DELETE', '/v1/customers/{id}', 'customer', {}, async ({ work, id }) => {
    const { data } = await named(work, 'customer', id, { take: true })
    for (const subscription of await work.list('subscription', { customer: id })) {
      if (subscription.data.status !== 'canceled') await cancelSubscription(work, subscription.data.id, {})
    }
    work.tell('customer.deleted', data)
    return work.remove('customer', id)
  }),
  endpoint(
    'GET',
    '/v1/customers/{id}/payment_methods',
    'payment_method',
    { ...pagination, type: text() },
    async ({ work, id }, params) => {
      await named(work, 'customer', id)
      return listObjects(work, 'payment_method', params, {
        url: `/v1/customers/${id}/payment_methods`,
        refs: { customer: id, type: params.type },
      })
    },
  ),
]

/** Adds a customer and tells of it. */
export function addCustomer(work: Work, changes: Partial<Shapes['customer']>): Shapes['customer'] {
  const customer: Shapes['customer'] = {
    id: newId('cus_', 14),
    object: 'customer',
    address: null,
    balance: 0,
    created: work.now,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: randomLetters(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...changes,
  }
  work.put('customer', customer, {})
  work.tell('customer.created', customer)
  return customer
}

async function changesOf(
  work: Work,
  params: Params,
  before: Shapes['customer'] | null,
): Promise<Partial<Shapes['customer']>> {
  const { address, invoice_settings, metadata, shipping, tax_exempt, validate: _, ...plain } = params
  if (params.email && !params.email.includes('@'))
    throw invalid(`Invalid email address: ${params.email}`, 'email', 'email_invalid')
  return {
    ...given(plain),
    ...(address === undefined ? {} : { address: address && toAddress(address) }),
    ...(tax_exempt === undefined ? {} : { tax_exempt: tax_exempt ?? 'none' }),
    ...(shipping === undefined ? {} : { shipping: shipping && toShipping(shipping) }),
    ...(invoice_settings === undefined
      ? {}
      : { invoice_settings: await settingsOf(work, invoice_settings, before) }),
    metadata: before ? mergeMetadata(before.metadata, metadata) : newMetadata(metadata),
  }
}

function toShipping(shipping: NonNullable<Params['shipping']>): Shapes['customer']['shipping'] {
  return { address: toAddress(shipping.address), name: shipping.name, phone: shipping.phone ?? null }
}

async function settingsOf(
  work: Work,
  settings: NonNullable<Params['invoice_settings']>,
  before: Shapes['customer'] | null,
): Promise<Shapes['customer']['invoice_settings']> {
  const method = settings.default_payment_method
  if (method) {
    const { data } = await referred(
      work,
      'payment_method',
      method,
      'invoice_settings[default_payment_method]',
    )
    if (data.customer !== before?.id) {
      throw invalid(
        `The customer does not have a payment method with the ID ${method}. The payment method must be attached to the customer.`,
        'invoice_settings[default_payment_method]',
      )
    }
  }
  const unset = { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null }
  return { ...unset, ...before?.invoice_settings, ...given(settings) }
}
