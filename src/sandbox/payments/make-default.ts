import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

/** Makes a payment method the one that a customer and each of their living subscriptions is charged to. */
export async function makeDefault(work: Work, customerId: string, method: string): Promise<void> {
  const customer = await work.take('customer', customerId)
  if (!customer || customer.deleted) return
  const invoice_settings = { ...customer.data.invoice_settings, default_payment_method: method }
  work.change('customer', customerId, { invoice_settings }, 'customer.updated')
  for (const { data } of await work.list('subscription', { customer: customerId })) {
    if (!isLiving(data)) continue
    await work.take('subscription', data.id)
    work.change('subscription', data.id, { default_payment_method: method }, 'customer.subscription.updated')
  }
}

function isLiving(subscription: Shapes['subscription']): boolean {
  return subscription.status !== 'canceled' && subscription.status !== 'incomplete_expired'
}
