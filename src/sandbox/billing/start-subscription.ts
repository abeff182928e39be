import { newId } from '../objects/ids.ts'
import { newMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { addSetUp } from '../payments/setup-intents.ts'
import { referred } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { addSubscription, type Subscription } from './add-subscription.ts'
import { sellable } from './change-items.ts'
import { collectInvoice, paymentMethodOf } from './collect-invoice.ts'
import { refuseOtherCurrency } from './customer-currency.ts'
import { lastingDiscounts } from './discounts.ts'
import { draftInvoice } from './draft-invoice.ts'
import { finalizeInvoice } from './finalize-invoice.ts'
import { waitingItems } from './invoice-items.ts'
import { periodLine } from './invoice-lines.ts'
import { priceIn } from './price-in.ts'
import { recoverSubscription } from './recover-subscription.ts'
import { redeemWanted } from './redeem-wanted.ts'
import type { NewSubscriptionParams } from './subscription-fields.ts'

/**
 * Starts a subscription over the API (its customer was taken), and tells of it. Without a trial its first invoice is
 * charged at once; until that is paid it is incomplete.
 */
export async function startSubscription(work: Work, params: NewSubscriptionParams): Promise<Subscription> {
  const subscription = await compose(work, params)
  const invoice = await invoiceFirst(work, subscription)
  const finalized =
    subscription.collection_method === 'send_invoice' ? null : await finalizeInvoice(work, invoice)
  if (finalized?.status === 'paid') recoverSubscription(work, subscription.id)
  if (finalized?.status === 'open' && params.payment_behavior !== 'default_incomplete') {
    await payFirst(work, invoice, params)
  }
  const customer = await work.take('customer', subscription.customer)
  if (customer && customer.data.currency !== subscription.currency) {
    work.change('customer', customer.data.id, { currency: subscription.currency }, 'customer.updated')
  }
  return work.held('subscription', subscription.id)
}

async function compose(work: Work, params: NewSubscriptionParams): Promise<Subscription> {
  const items = await Promise.all(
    params.items.map(async (item, index) => ({
      price: await sellable(work, item.price, `items[${index}][price]`),
      quantity: item.quantity ?? 1,
      metadata: newMetadata(item.metadata),
    })),
  )
  const currency = params.currency?.toLowerCase() ?? items[0]?.price.currency ?? 'usd'
  for (const [index, { price }] of items.entries()) {
    await priceIn(work, price, currency, `items[${index}][price]`)
  }
  await refuseOtherCurrency(work, params.customer, currency)
  if (params.default_payment_method) await checkMethod(work, params)
  const trialEnd = trialEndOf(work, params)
  const sent = params.collection_method === 'send_invoice'
  if (sent && params.days_until_due === undefined) {
    throw invalid('You must pass `days_until_due` with `collection_method=send_invoice`.', 'days_until_due')
  }
  const subscription = addSubscription(work, {
    id: newId('sub_'),
    customer: params.customer,
    currency,
    items,
    metadata: newMetadata(params.metadata),
    description: params.description ?? null,
    discounts: [],
    defaultPaymentMethod: params.default_payment_method ?? null,
    automaticTax: params.automatic_tax?.enabled ?? false,
    status: trialEnd !== null ? 'trialing' : sent ? 'active' : 'incomplete',
    trialEnd,
    missingPaymentMethod: params.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
    collectionMethod: params.collection_method ?? 'charge_automatically',
    cancelAtPeriodEnd: params.cancel_at_period_end ?? false,
    cancelAt: params.cancel_at ?? null,
  })
  if (!params.default_payment_method) await refuseWithoutMethod(work, subscription, params)
  const discounts = await redeemWanted(work, subscription, params.discounts ?? [])
  return work.change('subscription', subscription.id, {
    discounts,
    days_until_due: params.days_until_due ?? null,
  })
}

async function checkMethod(work: Work, params: NewSubscriptionParams): Promise<void> {
  const id = params.default_payment_method ?? ''
  const method = await referred(work, 'payment_method', id, 'default_payment_method')
  if (method.data.customer === params.customer) return
  throw invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    'default_payment_method',
    'resource_missing',
  )
}

async function refuseWithoutMethod(
  work: Work,
  subscription: Subscription,
  params: NewSubscriptionParams,
): Promise<void> {
  const waits = params.payment_behavior === 'default_incomplete' || subscription.status !== 'incomplete'
  if (waits || (await paymentMethodOf(work, subscription))) return
  throw invalid(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting.',
    undefined,
    'resource_missing',
  )
}

function trialEndOf(work: Work, params: NewSubscriptionParams): number | null {
  if (typeof params.trial_end === 'number') {
    if (params.trial_end <= work.now) throw invalid('Timestamp must be in the future.', 'trial_end')
    return params.trial_end
  }
  return params.trial_period_days ? work.now + params.trial_period_days * 86_400 : null
}

async function invoiceFirst(work: Work, subscription: Subscription): Promise<string> {
  const sent = subscription.collection_method === 'send_invoice'
  const invoice = await draftInvoice(work, {
    customer: subscription.customer,
    currency: subscription.currency,
    subscription,
    reason: 'subscription_create',
    lines: await Promise.all(subscription.items.data.map((item) => periodLine(work, subscription, item))),
    items: await waitingItems(work, subscription.customer, subscription.id),
    discounts: subscription.discounts,
    automaticTax: subscription.automatic_tax.enabled,
    period: { start: work.now, end: work.now },
    finalizesAt: sent ? work.now + 3600 : null,
    collectionMethod: subscription.collection_method,
  })
  const setUp = await setUpFor(work, subscription)
  const linked = work.change('subscription', subscription.id, {
    discounts: await lastingDiscounts(work, subscription.discounts),
    latest_invoice: invoice.id,
    pending_setup_intent: setUp,
  })
  work.tell('customer.subscription.created', linked)
  return invoice.id
}

/** A trial without a way to pay asks for one. */
async function setUpFor(work: Work, subscription: Subscription): Promise<string | null> {
  if (subscription.status !== 'trialing' || (await paymentMethodOf(work, subscription))) return null
  return addSetUp(work, { customer: subscription.customer, paymentMethod: null }).id
}

async function payFirst(work: Work, invoice: string, params: NewSubscriptionParams): Promise<void> {
  const collected = await collectInvoice(work, invoice, { onSession: !params.off_session })
  if (collected.paid || collected.processing || params.payment_behavior !== 'error_if_incomplete') return
  const message = 'The first payment of this subscription did not succeed, so it was not made.'
  throw new ApiError(402, collected.error ?? { type: 'card_error', code: 'card_declined', message })
}
